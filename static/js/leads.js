/* Log a lead, and the list of leads: what attributes alone cannot do. */

const form = document.getElementById("lead-form");

/* --- Chips are read again while one goes on working: what is being typed in one is never replaced ------------------- */
let waits = false;

const narrative = () => document.getElementById("id_narrative");
const readAgain = () => narrative() && htmx.trigger(narrative(), "reread");

document.body.addEventListener("htmx:beforeSwap", (event) => {
  const { target } = event.detail;
  if (target.id !== "lead-reading" || event.detail.elt !== narrative()) return;
  if (!document.activeElement?.matches("#lead-reading input:not([type=checkbox]), #lead-reading select")) return;
  event.detail.shouldSwap = false;
  waits = true;
});
document.addEventListener("focusout", (event) => {
  if (!waits || !event.target.closest("#lead-reading")) return;
  waits = false;
  readAgain();
});

/* --- Rows of subjects come and go: whose an identifier is can be chosen among them ------------------------------------ */
form?.addEventListener("click", (event) => {
  if (event.target.closest("[data-formset-add], [data-formset-drop]")) setTimeout(readAgain);
  if (event.target.closest("[data-formset-add]")) form.querySelector("[data-formset-hint]")?.remove();
});

/* --- Enter inside a field is not yet "save" ------------------------------------------------------------------------------ */
form?.addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.ctrlKey || event.metaKey || !event.target.matches("input")) return;
  event.preventDefault();
  if (event.target.matches(".chip-text")) event.target.blur();
});

/* --- After a refusal: to the list of what is wrong ------------------------------------------------------------------------ */
form?.addEventListener("htmx:afterSettle", () => document.querySelector("#lead-entry .error-summary")?.focus());

/* --- The list: a decision without a selection is about the current row ---------------------------------------------------- */
document.addEventListener(
  "submit",
  (event) => {
    const list = event.target.closest("form[data-bulk]");
    if (!list || list.querySelector("[name=pk]:checked")) return;
    const box = list.querySelector(".is-current [name=pk]");
    if (box) box.checked = true;
    else event.preventDefault();
  },
  true,
);
