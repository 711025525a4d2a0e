/* One file that somebody chooses when a row asks for it. */

/* picker(input)() → a promise of the File, or of null when they change their mind. */
export const picker = (input) => () =>
  new Promise((resolve) => {
    const settle = () => {
      const [file = null] = input.files;
      input.value = ""; // so that the same file can be chosen again
      input.removeEventListener("change", settle);
      input.removeEventListener("cancel", settle);
      resolve(file);
    };
    input.addEventListener("change", settle);
    input.addEventListener("cancel", settle);
    input.click();
  });
