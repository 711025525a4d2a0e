/* A question in a native dialog, which keeps the focus and gives it back. */

/* ask({title, text, names, choices}) → the value chosen; null for Escape. names: shown one to a line, as
   text. choices: [{value, label, danger}]; Enter means the first. One question at a time. */
export function asker(dialog) {
  let last = Promise.resolve();
  return (question) => {
    last = last.then(() => put(dialog, question));
    return last;
  };
}

function put(dialog, { title, text = "", names = [], choices }) {
  const part = (name) => dialog.querySelector(`[data-ask="${name}"]`);
  part("title").textContent = title;
  part("text").textContent = text;
  part("text").hidden = !text;
  part("names").hidden = !names.length;
  part("names").replaceChildren(...names.map(line));
  part("choices").replaceChildren(...choices.map(button));
  dialog.returnValue = "";
  dialog.showModal();
  part("choices").firstElementChild.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue || null), { once: true });
  });
}

function line(name) {
  const item = document.createElement("li");
  item.append(Object.assign(document.createElement("bdi"), { textContent: name }));
  return item;
}

function button({ value, label, danger = false }, index) {
  const made = Object.assign(document.createElement("button"), { value, textContent: label });
  made.className = danger ? "button warn" : index === 0 ? "button primary" : "button";
  return made;
}
