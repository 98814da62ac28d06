/* What every page does by itself: themes, messages, dialogs, menus, times, live parts, and what happens when signed out.
   Other modules and the server speak to it with the events `toast` (HX-Trigger: {"toast": {"text", "tone", "url", "action", "undo"}})
   and with data attributes. Nothing is kept in browser storage: these machines are shared. */

const root = document.documentElement;
root.classList.add("js");

/* In an office the cookie is bound to its host. */
const csrfToken = () => cookie("__Host-csrftoken") || cookie("csrftoken");

function cookie(name) {
  return document.cookie.split("; ").find((part) => part.startsWith(`${name}=`))?.split("=")[1] ?? "";
}

function remember(name, value) {
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${name}=${value}; Path=/; SameSite=Lax; Max-Age=${value ? 31536000 : 0}${secure}`;
}

/* --- Theme: the link's `media` decides; the cookie lets the server render the next page the same way ------------- */
const MEDIA = { dark: "screen", light: "not all", "": "screen and (prefers-color-scheme: dark)" };

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-theme-form] button[name=theme]");
  if (!button) return;
  event.preventDefault();
  document.getElementById("dark-theme").media = MEDIA[button.value];
  if (button.value) root.dataset.theme = button.value;
  else delete root.dataset.theme;
  remember("theme", button.value);
  for (const other of button.form.querySelectorAll("button[name=theme]")) other.ariaPressed = String(other === button);
  document.dispatchEvent(new CustomEvent("themechange"));
});

/* --- Toasts ------------------------------------------------------------------------------------------------------ */
const LASTS = 6000;

function fadeLater(toast) {
  if ("stay" in toast.dataset) return;
  let timer = setTimeout(() => toast.remove(), LASTS);
  toast.addEventListener("pointerenter", () => clearTimeout(timer));
  toast.addEventListener("focusin", () => clearTimeout(timer));
  toast.addEventListener("pointerleave", () => (timer = setTimeout(() => toast.remove(), LASTS / 2)));
}

function toast({ text, tone = "info", url = "", action = "", undo = "", stay = tone === "danger" }) {
  const piece = document.getElementById("toast-template").content.firstElementChild.cloneNode(true);
  piece.querySelector("div").textContent = `${text} `;
  piece.querySelector(".icon").setAttribute("class", `icon mark-${tone}`);
  if (url) {
    const link = Object.assign(document.createElement("a"), { href: url, textContent: action || "Open" });
    piece.querySelector("div").append(link);
  }
  if (undo) piece.querySelector("div").append(undoForm(undo));
  if (stay) piece.dataset.stay = "";
  document.getElementById("toasts").append(piece);
  fadeLater(piece);
}

/* A form that takes something back and returns here: taking back changes things, so it is no link. */
function undoForm(url) {
  const form = Object.assign(document.createElement("form"), { method: "post", action: url });
  const fields = { csrfmiddlewaretoken: csrfToken(), next: location.pathname + location.search };
  for (const [name, value] of Object.entries(fields)) form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
  form.append(Object.assign(document.createElement("button"), { className: "btn btn-sm", textContent: "Undo" }));
  return form;
}

document.querySelectorAll("[data-toast]").forEach(fadeLater);
document.body.addEventListener("toast", (event) => toast(event.detail));
document.addEventListener("click", (event) => event.target.closest("[data-toast-close]")?.closest("[data-toast]").remove());

/* --- Dialogs and questions before something that cannot be taken back ------------------------------------------------ */
document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-dialog-open]");
  if (opener) {
    event.preventDefault();
    document.getElementById(opener.dataset.dialogOpen)?.showModal();
  }
  event.target.closest("[data-dialog-close]")?.closest("dialog").close();
  if (event.target instanceof HTMLDialogElement && event.target.open && event.target.id !== "lock") event.target.close("no"); // the backdrop
});

function ask(question, source) {
  const dialog = document.getElementById("confirm");
  const yes = dialog.querySelector("[data-confirm-yes]");
  dialog.querySelector("#confirm-title").textContent = source?.dataset.confirmTitle ?? "Are you sure?";
  dialog.querySelector("[data-confirm-body]").textContent = question;
  yes.textContent = source?.dataset.confirmYes ?? "Continue";
  yes.className = `btn ${source?.dataset.confirmTone === "danger" ? "btn-danger" : "btn-primary"}`;
  dialog.returnValue = "no";
  dialog.showModal();
  return new Promise((answer) => dialog.addEventListener("close", () => answer(dialog.returnValue === "yes"), { once: true }));
}

const agreed = new WeakSet();
document.addEventListener(
  "submit",
  async (event) => {
    const { target: form, submitter } = event;
    const source = submitter?.dataset.confirm ? submitter : form;
    if (!source.dataset.confirm || agreed.delete(form)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (await ask(source.dataset.confirm, source)) {
      agreed.add(form);
      form.requestSubmit(submitter ?? undefined);
    }
  },
  true,
);
document.body.addEventListener("htmx:confirm", async (event) => {
  if (!event.detail.question) return;
  event.preventDefault();
  if (await ask(event.detail.question, event.target)) event.detail.issueRequest(true);
});

/* --- Menus: one open at a time, closed by Escape, a click elsewhere, or leaving ----------------------------------------- */
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(except)) menu.open = false;
}
document.addEventListener("click", (event) => closeMenus(event.target));
// Pressing the mouse on a label inside a menu focuses what surrounds the menu: that is no leaving.
document.addEventListener("focusin", (event) => event.target.querySelector("details.menu[open]") || closeMenus(event.target));
document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.activeElement?.closest("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

/* --- A link into a folded part opens it ---------------------------------------------------------------------------------- */
function unfold() {
  const fold = location.hash.length > 1 && document.getElementById(location.hash.slice(1))?.closest("details");
  if (fold) fold.open = true;
}
window.addEventListener("hashchange", unfold);
unfold();

/* --- Times and copying ------------------------------------------------------------------------------------------------- */
const UNITS = [[86400, "d"], [3600, "h"], [60, "min"]];

function ago(moment, now = Date.now()) {
  const seconds = (moment - now) / 1000;
  const size = Math.abs(seconds);
  if (size < 60) return "just now";
  if (size >= 7 * 86400) return null; // the server wrote the date
  const [length, unit] = UNITS.find(([least]) => size >= least);
  const count = Math.floor(size / length);
  return seconds > 0 ? `in ${count} ${unit}` : `${count} ${unit} ago`;
}

setInterval(() => {
  if (document.hidden) return;
  for (const time of document.querySelectorAll("time[data-relative]")) {
    const text = ago(Date.parse(time.dateTime));
    if (text && text !== time.textContent) time.textContent = text;
  }
}, 20000);

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const from = button.dataset.copy && document.querySelector(button.dataset.copy);
  await navigator.clipboard.writeText((from ? from.textContent : button.value).trim());
  toast({ text: "Copied.", tone: "good" });
});

/* --- htmx: the CSRF token of the moment, signed-out answers, panels that failed ---------------------------------------------- */
function freshToken(form) {
  const field = form.querySelector?.("input[name=csrfmiddlewaretoken]");
  if (field && csrfToken()) field.value = csrfToken(); // signing in elsewhere changes it
}
document.addEventListener("submit", (event) => freshToken(event.target), true);

document.body.addEventListener("htmx:configRequest", ({ detail }) => {
  const token = csrfToken();
  if (!token || detail.verb === "get") return;
  detail.headers["X-CSRFToken"] = token;
  detail.parameters.delete?.("csrfmiddlewaretoken");
});

function signedOut() {
  if (document.querySelector("[data-signed-out]")) return;
  const url = document.body.dataset.loginUrl;
  toast({ text: "You are signed out. What you typed stays on this page.", tone: "danger", url, action: "Sign in in a new tab" });
  const link = document.querySelector("#toasts .toast:last-child a");
  link.closest(".toast").dataset.signedOut = "";
  link.target = "_blank";
}

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { responseURL } = event.detail.xhr;
  if (responseURL && new URL(responseURL).pathname === document.body.dataset.loginUrl) {
    event.preventDefault();
    signedOut();
    notLoaded(event.detail.requestConfig.elt);
  }
});

/* True when `element` is the body of a panel that was being fetched: it says so itself, with a button to try again. */
function notLoaded(element) {
  const isPanel = element.matches("[data-lazy] > .panel-body");
  if (isPanel) element.replaceChildren(document.getElementById("panel-error").content.cloneNode(true));
  return isPanel;
}

function failed(event) {
  if (event.detail.xhr?.status === 423) return; // locked: lock.js says so
  if (!notLoaded(event.detail.elt) && !event.target.closest?.("[data-live], .bubble")) {
    const status = event.detail.xhr?.status;
    const text = status === 403 ? "You may not do that." : status === 404 ? "That is no longer there." : "That did not work. Nothing was changed; please try again.";
    toast({ text, tone: "danger" });
  }
}
document.body.addEventListener("htmx:responseError", failed);
document.body.addEventListener("htmx:sendError", failed);
document.addEventListener("click", (event) => {
  const body = event.target.closest("[data-retry]")?.closest(".panel-body");
  if (body) htmx.trigger(body, "retry");
});

/* --- Live parts: <div data-live="url?seen=version"> is replaced by what the url answers; 204 means nothing new -------------------- */
const watched = new WeakSet();
const SLOWEST = 30000;

function busy(part) {
  const focus = document.activeElement;
  return part.contains(focus) && focus.matches("input, select, textarea, summary");
}

function watch(part) {
  if (watched.has(part)) return;
  watched.add(part);
  const every = Number(part.dataset.liveEvery ?? 1000);
  let wait = every;
  const tick = async () => {
    if (!part.isConnected) return;
    if (!busy(part)) {
      let well = true;
      const fail = () => (well = false);
      part.addEventListener("htmx:responseError", fail);
      part.addEventListener("htmx:sendError", fail);
      await htmx.ajax("GET", part.dataset.live, { source: part, target: part, swap: part.dataset.liveSwap ?? "outerHTML", headers: { "X-Background": "1" } }).catch(fail);
      wait = well ? every : Math.min(wait * 2, SLOWEST);
    }
    setTimeout(tick, document.hidden ? Math.max(wait, SLOWEST / 2) : wait);
  };
  setTimeout(tick, wait);
}

/* On a phone a row of tabs is wider than the page: the current one is brought into view, and the page stays where it is. */
function showTab(tab) {
  const row = tab.parentElement.getBoundingClientRect(), own = tab.getBoundingClientRect();
  if (own.left < row.left || own.right > row.right) tab.parentElement.scrollLeft += own.left - row.left - (row.width - own.width) / 2;
}

function discover(within) {
  if (within.matches?.("[data-live]")) watch(within);
  within.querySelectorAll?.("[data-live]").forEach(watch);
  within.querySelectorAll?.("[data-toast]").forEach(fadeLater);
  within.querySelectorAll?.(".tabs > [aria-current]").forEach(showTab);
}
discover(document);
document.body.addEventListener("htmx:load", (event) => discover(event.detail.elt));

/* --- A quick way out of pages that a survivor may be looking at ------------------------------------------------------------------------ */
let escapes = 0;
document.addEventListener("keydown", (event) => {
  const exit = document.querySelector("[data-quick-exit]");
  escapes = event.key === "Escape" ? escapes + 1 : 0;
  if (exit && escapes === 3) location.replace(exit.href);
});
document.addEventListener("click", (event) => {
  const exit = event.target.closest("[data-quick-exit]");
  if (!exit) return;
  event.preventDefault();
  document.body.replaceChildren();
  location.replace(exit.href);
});
