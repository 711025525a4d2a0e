/* What every page has: menus that get out of the way. Each works without this, as plain <details>. */

const openMenus = () => document.querySelectorAll("details[data-menu][open]");

function close(menu, { refocus = false } = {}) {
  menu.open = false;
  if (refocus) menu.querySelector("summary").focus();
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of openMenus()) close(menu, { refocus: menu.contains(document.activeElement) });
});

document.addEventListener("click", (event) => {
  for (const menu of openMenus()) if (!menu.contains(event.target)) close(menu);
});

/* Tabbing out of a menu closes it; a click on something that takes no focus has no relatedTarget. */
document.addEventListener("focusout", (event) => {
  const menu = event.target.closest?.("details[data-menu][open]");
  if (menu && event.relatedTarget && !menu.contains(event.relatedTarget)) close(menu);
});

/* Opening a form in a menu means to write in it: the caret goes to the end of what stands there. */
document.addEventListener(
  "toggle",
  (event) => {
    const field = event.target.open && event.target.matches?.("details[data-menu]")
      ? event.target.querySelector("input[type=text]")
      : null;
    if (!field) return;
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
  },
  true, // toggle does not bubble
);
