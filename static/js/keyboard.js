/* Keyboard. A shortcut is an attribute of what it does: data-key="g l" clicks the link or button that carries it; in a list
   the current row's own data-key comes first. All of them, with data-key-label, are listed under "?". */

const PAUSE = 1000;
let pending = "";
let timer = 0;

const shown = (element) => element && element.getClientRects().length > 0;
const typing = (target) => target.closest("input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]");
const off = () => document.cookie.includes("shortcuts=off");

/* --- Rows: j and k move, x selects, Enter follows the focused link ------------------------------------------------------- */
const rows = () => [...document.querySelectorAll("[data-row]")].filter(shown);
const current = () => document.querySelector("[data-row].is-current");

function goTo(row) {
  current()?.classList.remove("is-current");
  row.classList.add("is-current");
  row.querySelector("a, button, input:not([type=checkbox])")?.focus();
  row.scrollIntoView({ block: "nearest" });
}

function step(by) {
  const all = rows();
  if (!all.length) return false;
  const here = all.indexOf(current());
  goTo(all[here < 0 ? 0 : Math.min(Math.max(here + by, 0), all.length - 1)]);
  return true;
}

function select() {
  const box = current()?.querySelector("input[type=checkbox]");
  box?.click();
  return Boolean(box);
}

document.addEventListener("focusin", (event) => {
  const row = event.target.closest("[data-row]");
  if (!row || row === current()) return;
  current()?.classList.remove("is-current");
  row.classList.add("is-current");
});

/* --- Named keys ------------------------------------------------------------------------------------------------------------ */
function press(combo) {
  const quoted = `[data-key="${CSS.escape(combo)}"]`;
  const target = current()?.querySelector(quoted) ?? [...document.querySelectorAll(quoted)].find((e) => !e.closest("[data-row]"));
  if (!target || target.disabled) return false;
  target.click();
  if (target.matches("details.menu > summary")) intoMenu(target.parentElement);
  return true;
}

function intoMenu(menu) {
  menu.querySelector(".menu-items :is(input:checked, textarea, button, a, input:not([type=hidden]))")?.focus();
}

function begins(combo) {
  return document.querySelector(`[data-key^="${CSS.escape(combo)} "]`) !== null;
}

function search() {
  const box = [...document.querySelectorAll("[data-search]")].find(shown);
  if (box) box.focus(), box.select();
  else document.querySelector("[data-search]")?.form.submit();
}

const OWN = { j: () => step(1), k: () => step(-1), x: select, "?": () => (listShortcuts(), true), "/": () => (search(), true) };

document.addEventListener("keydown", (event) => {
  const { key, target } = event;
  if ((event.metaKey || event.ctrlKey) && !event.altKey && !event.shiftKey) {
    if (key === "Enter") return submit(event);
    if (key.toLowerCase() === "k") return event.preventDefault(), search();
  }
  if (event.metaKey || event.ctrlKey || event.altKey || off() || typing(target) || document.querySelector("dialog[open]")) return;
  const combo = pending ? `${pending} ${key}` : key;
  clearTimeout(timer);
  pending = "";
  if (!combo.includes(" ") && OWN[combo]?.()) event.preventDefault();
  else if (press(combo)) event.preventDefault();
  else if (begins(combo)) {
    pending = combo;
    timer = setTimeout(() => (pending = ""), PAUSE);
  }
});

function submit(event) {
  const form = event.target.closest("form") ?? document.querySelector("form[data-main]");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[data-default]") ?? undefined);
}

/* --- The list under "?" ------------------------------------------------------------------------------------------------------- */
function listShortcuts() {
  const list = document.querySelector("[data-shortcut-list]");
  list.querySelectorAll("[data-built]").forEach((line) => line.remove());
  const seen = new Set();
  for (const element of document.querySelectorAll("[data-key][data-key-label]")) {
    if (seen.has(element.dataset.key)) continue;
    seen.add(element.dataset.key);
    const line = Object.assign(document.createElement("div"), { innerHTML: "<dt></dt><dd></dd>" });
    line.dataset.built = "";
    line.firstChild.textContent = element.dataset.keyLabel;
    for (const cap of element.dataset.key.split(" ")) {
      line.lastChild.append(Object.assign(document.createElement("kbd"), { textContent: cap }));
    }
    list.append(line);
  }
  document.querySelector("[data-shortcuts-toggle]").checked = !off();
  document.getElementById("shortcuts").showModal();
}

document.addEventListener("click", (event) => {
  if (!event.target.closest("[data-dialog-open=shortcuts]")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  listShortcuts();
}, true);

document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-shortcuts-toggle]")) return;
  document.cookie = `shortcuts=${event.target.checked ? "" : "off"}; Path=/; SameSite=Lax; Max-Age=${event.target.checked ? 0 : 31536000}`;
});
