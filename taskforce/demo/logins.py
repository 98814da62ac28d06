"""Who can sign in to the demo. The password is public, so these accounts exist only where TASKFORCE_DEMO=1."""

PASSWORD = "crossroads-demo"  # noqa: S105 - printed at the end of load_demo and on the demo's sign-in page
DOMAIN = "demo.example"

FEATURED: tuple[tuple[str, str], ...] = (
    ("Investigator, Georgia Northern", f"investigator@usao-gan.{DOMAIN}"),
    ("Supervisor, New York Eastern", f"supervisor@usao-nye.{DOMAIN}"),
    ("Supervisor, Georgia Northern", f"supervisor@usao-gan.{DOMAIN}"),
    ("Investigator, Civil Rights", f"investigator@doj-crt.{DOMAIN}"),
    ("Investigator, Mexico desk", f"investigator@desk-mx.{DOMAIN}"),
    ("Caseworker, Georgia Northern", f"caseworker@usao-gan.{DOMAIN}"),
    ("Caseworker, Harbour Light", f"caseworker@harbour-light.{DOMAIN}"),
    ("Administrator, Georgia Northern", f"administrator@usao-gan.{DOMAIN}"),
    ("Auditor, Georgia Northern", f"auditor@usao-gan.{DOMAIN}"),
)

STORY = f"""\
Try this (password of every demo log-in: {PASSWORD})
  1. Sign in as {FEATURED[0][1]}. The desk shows hits: New York holds a match
     on Odilon Martinez-Rojas, sentenced in Georgia and charged again in New York. Their record stays sealed.
  2. Open the hit, read why, and ask New York to disclose its record.
  3. Sign in as {FEATURED[1][1]} and answer. Until then neither office saw the other's case.
  4. Log a lead with a telephone number of your own, then log it again from another office.
  5. Operations: Georgia and New York plan an exercise near each other and near a shelter of Harbour Light. Each
     is told whom to call, and not where; the watch officer is supervisor@doj-crt.{DOMAIN}.
All records are historic and public: not for screening. Which office a record is filed under is read from
the press release, and does not prove who held it. Log-ins, partner desks, Harbour Light and the exercise are invented."""
