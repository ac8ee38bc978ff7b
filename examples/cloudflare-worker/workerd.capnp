# What wrangler makes out of wrangler.toml, for the runtime alone: npx workerd serve examples/cloudflare-worker/workerd.capnp
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [(name = "main", worker = .main)],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "main")],
);

const main :Workerd.Worker = (
  compatibilityDate = "2026-01-01",
  bindings = [(name = "ALLOWED_ORIGINS", fromEnvironment = "ALLOWED_ORIGINS")],
  modules = [
    (name = "examples/cloudflare-worker/worker.js", esModule = embed "worker.js"),
    (name = "examples/shared/respond.js", esModule = embed "../shared/respond.js"),
    (name = "examples/shared/image.js", esModule = embed "../shared/image.js"),
    (name = "examples/shared/frames.js", esModule = embed "../shared/frames.js"),
    (name = "examples/shared/json.js", esModule = embed "../shared/json.js"),
    (name = "examples/shared/picture.js", esModule = embed "../shared/picture.js"),
    (name = "examples/shared/body.js", esModule = embed "../shared/body.js"),
    (name = "examples/shared/origins.js", esModule = embed "../shared/origins.js"),
    (name = "examples/shared/refusal.js", esModule = embed "../shared/refusal.js"),
    (name = "dist/library/workerd.js", esModule = embed "../../dist/library/workerd.js"),
    (name = "dist/library/shared.js", esModule = embed "../../dist/library/shared.js"),
    (name = "dist/examples/uploads.js", esModule = embed "../../dist/examples/uploads.js"),
    (name = "dist/abs.wasm", wasm = embed "../../dist/abs.wasm"),
  ],
);
