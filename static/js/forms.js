/* Forms that lose nothing: drafts saved while typing, a warning before leaving, chips, formset rows, selected counts. */

const DEBOUNCE = 1000;
const RETRY = 5000;

function csrf(form) {
  const cookie = document.cookie.split("; ").find((part) => /^(__Host-)?csrftoken=/.test(part));
  return cookie?.split("=")[1] ?? form.querySelector("[name=csrfmiddlewaretoken]")?.value ?? "";
}

/* --- Autosave: <form data-autosave-url="..."> with an element [data-save-state] that says how it stands ----------------------- */
class Draft {
  constructor(form) {
    this.form = form;
    this.state = form.querySelector("[data-save-state]");
    this.dirty = false;
    this.savedAt = 0;
    form.addEventListener("input", () => this.touch());
    form.addEventListener("change", () => this.touch());
    form.addEventListener("submit", () => (this.leaving = true));
    form.addEventListener("htmx:afterRequest", (event) => event.detail.elt === form && (this.leaving = false)); // refused: one stays
    document.addEventListener("visibilitychange", () => document.hidden && this.dirty && this.save(true));
    window.addEventListener("beforeunload", (event) => this.dirty && !this.leaving && event.preventDefault());
    setInterval(() => this.savedAt && !this.dirty && this.tell(), 5000);
  }

  touch() {
    this.dirty = true;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), DEBOUNCE);
  }

  async save(keepalive = false) {
    if (this.saving || this.leaving) return;
    this.saving = true;
    this.dirty = false;
    this.say("saving", "Saving…");
    try {
      await this.post(keepalive);
      this.savedAt = Date.now();
      this.tell();
    } catch (error) {
      this.dirty = true;
      this.say("error", error.message);
      clearTimeout(this.timer);
      this.timer = setTimeout(() => this.save(), RETRY);
    } finally {
      this.saving = false;
      if (this.dirty && this.state?.dataset.state !== "error") this.touch();
    }
  }

  async post(keepalive) {
    const data = new FormData(this.form);
    data.delete("csrfmiddlewaretoken");
    for (const [name, value] of [...data]) if (value instanceof File) data.delete(name);
    const options = { method: "POST", body: data, headers: { "X-CSRFToken": csrf(this.form), "X-Requested-With": "fetch" }, redirect: "manual", keepalive };
    const answer = await fetch(this.form.dataset.autosaveUrl, options).catch(() => {
      throw new Error("Not saved: no connection. Keep this page open; it tries again by itself.");
    });
    if (answer.type === "opaqueredirect") throw new Error("Not saved: you are signed out. Sign in in another tab; this page keeps your text.");
    if (answer.status === 423) document.dispatchEvent(new CustomEvent("sessionlocked"));
    if (answer.status === 409) throw new Error("Not saved: this draft was changed elsewhere.");
    if (!answer.ok) throw new Error("Not saved. It tries again by itself.");
  }

  tell() {
    const seconds = Math.round((Date.now() - this.savedAt) / 1000);
    this.say("saved", seconds < 3 ? "Draft saved" : seconds < 60 ? `Draft saved ${seconds} s ago` : `Draft saved ${Math.round(seconds / 60)} min ago`);
  }

  say(state, text) {
    if (!this.state) return;
    this.state.dataset.state = state;
    const place = this.state.querySelector("[data-save-text]") ?? this.state;
    if (place.textContent !== text) place.textContent = text;
  }
}

document.querySelectorAll("form[data-autosave-url]").forEach((form) => new Draft(form));

/* --- Leaving a changed form that has no draft: <form data-guard> ---------------------------------------------------------------- */
const changed = new Set();
document.addEventListener("input", (event) => {
  const form = event.target.closest("form[data-guard]");
  if (form) changed.add(form);
});
document.addEventListener("submit", (event) => changed.delete(event.target));
window.addEventListener("beforeunload", (event) => {
  if ([...changed].some((form) => form.isConnected)) event.preventDefault();
});

/* --- Chips: the pencil turns the value into a field; Enter or leaving keeps it, Escape does not ------------------------------------- */
function correct(chip) {
  const box = chip.querySelector("input[type=checkbox]");
  const value = chip.querySelector(".value");
  const field = Object.assign(document.createElement("input"), { type: "text", value: value.textContent });
  field.setAttribute("aria-label", `Correct ${value.textContent}`);
  let closed = false;
  const done = (keep) => {
    if (closed) return;
    closed = true;
    if (keep && field.value.trim()) {
      value.textContent = field.value.trim();
      box.value = `${chip.dataset.kind}:${field.value.trim()}`;
      box.checked = true;
    }
    field.replaceWith(value);
    chip.querySelector("[data-chip-edit]").focus();
    box.dispatchEvent(new Event("change", { bubbles: true }));
  };
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) event.preventDefault(), done(true);
    if (event.key === "Escape") event.stopPropagation(), done(false);
  });
  field.addEventListener("blur", () => done(true));
  value.replaceWith(field);
  field.focus();
  field.select();
}
document.addEventListener("click", (event) => {
  const chip = event.target.closest("[data-chip-edit]")?.closest(".chip");
  if (chip) event.preventDefault(), correct(chip);
});

/* --- Formsets: [data-formset="prefix"] holds rows, a <template>, and a button [data-formset-add] --------------------------------------- */
document.addEventListener("click", (event) => {
  const add = event.target.closest("[data-formset-add]");
  if (add) {
    event.preventDefault();
    const set = add.closest("[data-formset]");
    const total = set.querySelector(`[name=${set.dataset.formset}-TOTAL_FORMS]`);
    const html = set.querySelector("template").innerHTML.replaceAll("__prefix__", total.value);
    total.value = Number(total.value) + 1;
    add.insertAdjacentHTML("beforebegin", html);
    add.previousElementSibling.querySelector("input:not([type=hidden]), select, textarea")?.focus();
  }
  const drop = event.target.closest("[data-formset-drop]");
  if (drop) {
    event.preventDefault();
    const row = drop.closest("[data-formset-row]");
    const mark = row.querySelector("[name$=-DELETE]");
    if (mark) (mark.checked = true), (row.hidden = true);
    else row.remove();
  }
});

/* --- Lists: select all, and how many are selected ---------------------------------------------------------------------------------------- */
document.addEventListener("change", (event) => {
  const { form } = event.target;
  if (!form) return;
  const boxes = [...form.elements].filter((box) => box.type === "checkbox" && box.closest("[data-row]")); // also from outside, by form=""
  if (event.target.matches("[data-select-all]")) boxes.forEach((box) => (box.checked = event.target.checked));
  const count = boxes.filter((box) => box.checked).length;
  const all = [...form.elements].find((box) => box.matches("[data-select-all]"));
  if (all) (all.checked = count > 0 && count === boxes.length), (all.indeterminate = count > 0 && count < boxes.length);
  form.querySelectorAll("[data-selected-count]").forEach((place) => (place.textContent = `${count} selected`));
});

/* --- Where CSS cannot grow a textarea with its text yet, and focus on the list of errors --------------------------------------------------- */
if (!CSS.supports("field-sizing", "content")) {
  const grow = (area) => {
    area.style.blockSize = "auto";
    area.style.blockSize = `${area.scrollHeight + 2}px`;
  };
  document.addEventListener("input", (event) => event.target.matches("textarea") && grow(event.target));
  document.querySelectorAll("textarea").forEach(grow);
}
document.querySelector("[data-focus]")?.focus();
