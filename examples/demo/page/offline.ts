/// <reference types="vite/client" />

import { button, element, setText } from "./elements.ts";

/** Keeps the page for when there is no network, and offers to install it where the browser does. */
export async function keepOffline(): Promise<void> {
  const install = button("install");
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    install.hidden = false;
    install.onclick = async () => {
      install.hidden = true;
      await (event as Event & { prompt(): Promise<void> }).prompt();
    };
  });
  // A page under development has none, and none is to be had from hosts without https.
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  try {
    await navigator.serviceWorker.register("./service-worker.js");
    await navigator.serviceWorker.ready;
    setText(
      element("offline-state", HTMLElement),
      "Everything is computed in this page, nothing is sent anywhere, and it works without a network from now on.",
    );
  } catch {
    // The page works as long as there is a network.
  }
}
