from django.urls import path

from victims.views import care, consents, directory, gaps, referrals, victims

app_name = "victims"

urlpatterns = [
    path("", victims.victim_list, name="victim-list"),
    path("new/", victims.victim_new, name="victim-new"),
    path("withdraw/", consents.withdraw, name="withdraw"),
    path("gaps/", gaps.gaps, name="gaps"),
    path("desk/referrals/", care.desk_referrals, name="desk-referrals"),
    path("sent-to-us/", care.care_desk, name="care-desk"),
    path("sent-to-us/<uuid:pk>/", care.offer_detail, name="offer-detail"),
    path("sent-to-us/<uuid:pk>/accept/", care.offer_accept, name="offer-accept"),
    path("sent-to-us/<uuid:pk>/reject/", care.offer_reject, name="offer-reject"),
    path("sent-to-us/<uuid:pk>/finish/", care.offer_finish, name="offer-finish"),
    path("sent-to-us/<uuid:pk>/follow-ups/", care.follow_up_new, name="follow-up-new"),
    path("follow-ups/<uuid:pk>/done/", care.follow_up_done, name="follow-up-done"),
    path("referrals/", referrals.referral_list, name="referral-list"),
    path("referrals/<uuid:pk>/", referrals.referral_detail, name="referral-detail"),
    path("referrals/<uuid:pk>/revoke/", referrals.referral_revoke, name="referral-revoke"),
    path("consents/<uuid:pk>/", consents.consent_detail, name="consent-detail"),
    path("consents/<uuid:pk>/withdraw/", consents.consent_withdraw, name="consent-withdraw"),
    path("consents/<uuid:pk>/noted/", consents.consent_note, name="consent-note"),
    path("services/", directory.service_list, name="service-list"),
    path("services/new/", directory.service_new, name="service-new"),
    path("services/<uuid:pk>/", directory.service_detail, name="service-detail"),
    path("services/<uuid:pk>/edit/", directory.service_edit, name="service-edit"),
    path("services/<uuid:pk>/places/", directory.service_places, name="service-places"),
    path("services/<uuid:pk>/verify/", directory.service_verify, name="service-verify"),
    path("services/<uuid:pk>/withdraw/", directory.service_withdraw, name="service-withdraw"),
    path("<uuid:pk>/", victims.victim_detail, name="victim-detail"),
    path("<uuid:pk>/care/", referrals.care, name="care"),
    path("<uuid:pk>/refer/", referrals.refer, name="refer"),
    path("<uuid:pk>/consents/new/", consents.consent_new, name="consent-new"),
    path("<uuid:pk>/danger/", consents.danger, name="danger"),
    path("<uuid:pk>/edit/", victims.victim_edit, name="victim-edit"),
]
