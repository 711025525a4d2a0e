/* Tells the pages of this site who has signed in, and closes the window that was opened for it. */

const { person } = document.querySelector("#signed-in").dataset;
const channel = new BroadcastChannel("strongbox.signed-in");

channel.postMessage({ person });
channel.close();
// Browsers close only what a script has opened; any other window keeps showing the page.
window.close();
