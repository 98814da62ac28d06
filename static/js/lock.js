/* The lock of a page that nobody uses. What was typed stays in the page, which is hidden until the password is typed;
   then it goes on as it was. The server locks by itself as well: this only makes it visible at once. Tabs of one person
   lock and open together. Nothing is kept in browser storage. */

const dialog = document.getElementById("lock");

if (dialog) {
  const form = dialog.querySelector("form");
  const wrong = dialog.querySelector("[data-lock-error]");
  const { idle, lockUrl, aliveUrl, who } = dialog.dataset;
  const channel = new BroadcastChannel("taskforce-lock");
  const TELL_EVERY = 60000;
  let used = Date.now();
  let told = Date.now();
  let title = "";

  const post = (url, body = new FormData()) => {
    const token = document.cookie.split("; ").find((part) => /^(__Host-)?csrftoken=/.test(part))?.split("=")[1];
    const headers = { "X-CSRFToken": token ?? form.elements.csrfmiddlewaretoken.value, "X-Requested-With": "fetch" };
    return fetch(url, { method: "POST", body, headers, redirect: "manual" });
  };

  const hide = () => {
    if (dialog.open) return;
    title = document.title;
    document.title = "Locked · Taskforce";
    document.documentElement.classList.add("locked");
    dialog.showModal();
  };

  const show = () => {
    if (!dialog.open) return;
    form.reset();
    say("");
    dialog.close();
    asked = false;
    document.title = title;
    document.documentElement.classList.remove("locked");
    used = told = Date.now();
  };

  const say = (text) => {
    wrong.textContent = text;
    wrong.hidden = !text;
    form.elements.password.setAttribute("aria-invalid", String(Boolean(text)));
  };

  const lockNow = () => {
    hide();
    channel.postMessage({ who, state: "locked" });
    return post(lockUrl).catch(() => {}); // without a connection the server's own clock locks it
  };

  const use = () => {
    if (dialog.open) return;
    used = Date.now();
    if (used - told < TELL_EVERY) return;
    told = used;
    channel.postMessage({ who, state: "used" });
    post(aliveUrl).then((answer) => answer.status === 423 && hide()).catch(() => {});
  };

  for (const kind of ["pointerdown", "pointermove", "keydown", "input", "wheel", "touchstart"]) {
    document.addEventListener(kind, use, { passive: true, capture: true });
  }
  channel.addEventListener("message", ({ data }) => {
    if (data.who !== who) return;
    if (data.state === "used") used = told = Date.now();
    else if (data.state === "locked") hide();
    else if (data.state !== "fresh" || asked) show();
  });
  setInterval(() => !dialog.open && Date.now() - used > idle * 1000 && lockNow(), 1000);

  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.addEventListener("keydown", (event) => event.key === "Escape" && event.preventDefault());
  document.addEventListener("sessionlocked", hide);
  document.body.addEventListener("htmx:responseError", (event) => event.detail.xhr.status === 423 && hide());
  document.addEventListener("submit", (event) => {
    if (event.target.getAttribute("action") === dialog.dataset.signOutUrl) channel.postMessage({ who, state: "locked" });
    if (!event.target.matches("[data-lock-now]")) return;
    event.preventDefault();
    lockNow();
  });

  // The issuer is asked in another tab, whose first page tells this one: the server shows it to an open session only.
  // So the lock must be the server's before that tab opens.
  let asked = false;
  dialog.querySelector("[data-lock-sso]")?.addEventListener("click", async (event) => {
    event.preventDefault();
    const { href } = event.currentTarget;
    const answer = await post(lockUrl).catch(() => null);
    asked = [204, 423].includes(answer?.status);
    if (asked) window.open(href, "_blank", "noopener");
    else say("No connection. Try again in a moment; nothing is lost.");
  });
  channel.postMessage({ who, state: "fresh" });

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const answer = await post(form.action, new FormData(form)).catch(() => null);
    if (answer?.status === 204) {
      channel.postMessage({ who, state: "open" });
      show();
    } else if (answer && [409, 422].includes(answer.status)) {
      say((await answer.json()).error);
    } else {
      say(answer ? "You are signed out. Sign in again in a new tab, then type your password here: what you typed is still on this page." : "No connection. Try again in a moment; nothing is lost.");
      dialog.querySelector("[data-lock-sign-in]").hidden = !answer;
    }
    form.elements.password.select();
  });
}
