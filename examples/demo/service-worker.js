// Keeps the page and all that it loads, so that it works without a network. The build puts the list of files in place of FILES:
// [path, hash of its content]. A new build is another cache, and takes over when the last page of the old one is closed. A cache is
// filled whole or not at all, and with nothing but the files of the same build, so that no page is given another one's parts.

const FILES = [];
const NAME = "analysis-by-synthesis-";
const CACHE = `${NAME}${FILES.map(([, hash]) => hash).join("")}`;
const PAGE = new URL("./", self.registration.scope).href;

self.addEventListener("install", (event) => {
  event.waitUntil(fill());
});

self.addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  if (request.method !== "GET" || !request.url.startsWith(self.registration.scope)) return;
  event.respondWith(answer(request));
});

async function fill() {
  const fetched = await Promise.all(FILES.map(([path, hash]) => fetchOwn(path, hash)));
  const cache = await caches.open(CACHE);
  await Promise.all(fetched.map(([request, response]) => cache.put(request, response)));
}

async function fetchOwn(path, hash) {
  // The names in assets/ change with the content, so the browser's own cache may have them; all else is asked for anew.
  const request = new Request(path, { cache: path.startsWith("assets/") ? "default" : "no-cache" });
  const response = await fetch(request);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", await response.clone().arrayBuffer()));
  const found = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  // A host that is given a new build just now may have files of both.
  if (!response.ok || !found.startsWith(hash)) throw new Error(`${path}: is not of this build`);
  return [request, response];
}

async function takeOver() {
  const names = await caches.keys();
  await Promise.all(names.filter((name) => name.startsWith(NAME) && name !== CACHE).map((name) => caches.delete(name)));
  await self.clients.claim();
}

async function answer(request) {
  const cache = await caches.open(CACHE);
  const key = request.mode === "navigate" ? PAGE : request;
  return (await cache.match(key, { ignoreSearch: true })) ?? fetch(request);
}
