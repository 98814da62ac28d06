"""Names on social networks and messengers, as service:name."""

import re

from intel.matching.identifiers.result import Normalised, require, wash

SERVICES: dict[str, tuple[str, ...]] = {
    "instagram": ("instagram", "insta", "ig", "instagram.com"),
    "facebook": ("facebook", "fb", "facebook.com", "fb.com", "fb.me", "m.facebook.com"),
    "x": ("x", "twitter", "twitter.com", "x.com"),
    "telegram": ("telegram", "tg", "t.me", "telegram.me"),
    "tiktok": ("tiktok", "tiktok.com"),
    "snapchat": ("snapchat", "snap", "snapchat.com"),
    "whatsapp": ("whatsapp",),
    "youtube": ("youtube", "youtube.com"),
    "onlyfans": ("onlyfans", "onlyfans.com"),
    "linkedin": ("linkedin", "linkedin.com"),
    "discord": ("discord",),
    "signal": ("signal",),
    "kik": ("kik",),
    "wechat": ("wechat", "weixin"),
    "line": ("line",),
    "viber": ("viber",),
    "skype": ("skype",),
    "wickr": ("wickr",),
    "session": ("session",),
    "threema": ("threema",),
    "cashapp": ("cashapp", "cash.app"),
    "venmo": ("venmo", "venmo.com"),
    "paypal": ("paypal", "paypal.me"),
    "vk": ("vk", "vkontakte", "vk.com"),
    "ok": ("odnoklassniki", "ok.ru"),
}
_SERVICE_OF = {word: service for service, words in SERVICES.items() for word in words}
_WEB = re.compile(
    r"(?:https?://)?(?:www\.|m\.)?([a-z0-9.-]+\.[a-z]{2,})/(?:add/|in/|profile/|user/|u/)?([^/?#\s]+)/?\S*"
)
_NAMED = re.compile(r"([a-z.]{1,20}) ?(?::|@| ) ?@?(\S+)\Z")
_NAME = re.compile(r"[^\s/@:?#,;\"'<>]{1,64}\Z")
# First path words that are pages of the service, not people on it.
_PAGES = {
    "p",
    "reel",
    "reels",
    "explore",
    "share",
    "watch",
    "groups",
    "events",
    "pages",
    "hashtag",
    "search",
} | {"login", "status", "i", "joinchat"}


def normalise(raw: str, country: str | None = None) -> Normalised:
    """`instagram:name`; `@name` when the service is not known. Stable account numbers are better where known."""
    service, name = split_handle(wash(raw).lower())
    name = name.strip("@$.")
    require(_NAME.match(name), "A handle reads service:name, for example instagram:name, or @name.")
    value = f"{service}:{name}" if service else f"@{name}"
    return Normalised(value=value, display=f"{service.capitalize()} @{name}" if service else value)


def split_handle(text: str) -> tuple[str, str]:
    """(service, name) of a lower-case text; the service is "" when the text names none that is known."""
    web = _WEB.match(text)
    if web and web[1] in _SERVICE_OF:
        return _SERVICE_OF[web[1]], "" if web[2] in _PAGES else web[2]
    named = _NAMED.match(text)
    if named and named[1] in _SERVICE_OF:
        return _SERVICE_OF[named[1]], named[2]
    return "", text
