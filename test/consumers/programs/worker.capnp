using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (services = [(name = "main", worker = .main)]);

const main :Workerd.Worker = (
  compatibilityDate = "2026-01-01",
  modules = [
    (name = "worker.mjs", esModule = embed "workers/worker.mjs"),
    (name = "abs.wasm", wasm = embed "workers/abs.wasm"),
  ],
);
