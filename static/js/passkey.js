/* What goes wrong with a passkey is said where its button is: the browser's own window has closed by then. */

document.documentElement.classList.add("js");

document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  const place = document.querySelector("[data-passkey-error]");
  const isRefused = event.detail.exception?.name === "NotAllowedError";
  place.textContent = isRefused ? "Nothing was confirmed. Try again, or use another way." : "This browser or key could not do it. Try again, or use another way.";
  place.hidden = false;
});
