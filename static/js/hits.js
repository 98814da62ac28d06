/* The list of hits: judging the selected ones, or the current one, with a key each. Without this file the same form works
   by hand: tick, write why, press a button. */

const list = document.getElementById("hit-list");
const form = () => document.getElementById("judge-many");
const rows = () => [...list.querySelectorAll("[data-row]")].filter((row) => row.getClientRects().length > 0);
const current = () => list.querySelector(".is-current");

let chosen = null; // the verdict that waits for its reason
let place = 0; // where the reader was when the list was replaced

/* --- A verdict without a selection is about the current row; without a reason it waits for one -------------------------- */
function selectCurrent() {
  if (list.querySelector("[name=hit]:checked")) return true;
  const box = current()?.querySelector("[name=hit]");
  if (box) box.click();
  return Boolean(box);
}

function askWhy(button) {
  const reason = form().elements.reason;
  chosen = button.value;
  form().querySelectorAll("[name=verdict]").forEach((each) => each.setAttribute("aria-pressed", String(each === button)));
  form().querySelector("[data-judge-hint]").textContent = `Why “${button.dataset.said}”? Enter records it.`;
  reason.focus();
}

document.addEventListener(
  "submit",
  (event) => {
    if (event.target !== form()) return;
    const { submitter } = event;
    if (selectCurrent() && event.target.elements.reason.value.trim()) {
      place = Math.max(0, rows().findIndex((row) => row.querySelector("[name=hit]:checked")));
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (submitter && list.querySelector("[name=hit]:checked")) askWhy(submitter);
  },
  true,
);

document.addEventListener("keydown", (event) => {
  const reason = form()?.elements.reason;
  if (event.target !== reason) return;
  if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    const button = chosen && form().querySelector(`[name=verdict][value=${chosen}]`);
    if (button) form().requestSubmit(button);
    else form().querySelector("[data-judge-hint]").textContent = "Choose Same, Different or Unsure.";
  }
  if (event.key === "Escape") {
    chosen = null;
    current()?.querySelector("a")?.focus();
  }
});

/* --- After the list came anew: on with the row that took the place of the judged one -------------------------------------- */
document.body.addEventListener("htmx:afterSettle", (event) => {
  if (event.detail.target !== list) return;
  chosen = null;
  const row = rows()[Math.min(place, rows().length - 1)];
  row?.querySelector("a")?.focus();
});
