// Which files may import which. `npm run check` asks dependency-cruiser, which sees type imports too.

/** The library's files that may ask Node: the command, reading and writing files, and how an entry finds the module. */
const WITH_NODE = "^src/(cli|files|load)/";
/** What takes a model as a function from images to numbers. */
const OF_FUNCTIONS = "^src/(attacks|certify)/";

/** @type {import("dependency-cruiser").IConfiguration} */
export default {
  forbidden: [
    {
      name: "no-circles",
      comment: "Imports point one way, types included.",
      severity: "error",
      from: {},
      to: { circular: true },
    },
    {
      name: "everything-is-found",
      comment:
        "An import that leads nowhere would slip through the other rules. Programs for other hosts run elsewhere.",
      severity: "error",
      from: { pathNot: "^test/(runtimes|consumers)/" },
      to: { couldNotResolve: true, path: "^\\.", pathNot: "/(abs\\.wasm|packed\\.cjs)" },
    },
    {
      name: "library-runs-everywhere",
      comment: "Only the command, the files and the loading of the module may ask Node: the rest runs in browsers.",
      severity: "error",
      from: { path: "^src/", pathNot: WITH_NODE },
      to: { dependencyTypes: ["core"] },
    },
    {
      name: "library-is-independent",
      comment: "The library knows what both languages share, and no test, bench or script.",
      severity: "error",
      from: { path: "^(src|format)/" },
      to: { path: "^(assembly|test|bench|scripts)/" },
    },
    {
      name: "library-needs-nothing",
      comment: "The package has no dependency; those of the command and of the files that it reads are bundled.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/(cli|files)/" },
      to: { dependencyTypes: ["npm", "npm-dev"] },
    },
    {
      name: "library-without-command",
      comment: "The command stands on the library.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/cli/" },
      to: { path: "^src/cli/" },
    },
    {
      name: "loading-asks-the-runtime",
      comment: "How the module is found does not depend on what it computes.",
      severity: "error",
      from: { path: "^src/load/" },
      to: { path: "^src/", pathNot: "^src/(load|arguments)/" },
    },
    {
      name: "images-without-model",
      comment: "Pixels are pixels, whatever looks at them.",
      severity: "error",
      from: { path: "^src/image/" },
      to: { path: "^src/", pathNot: "^src/(image|arguments)/" },
    },
    {
      name: "strings-without-model",
      comment: "What is read is written without knowing who reads it.",
      severity: "error",
      from: { path: "^src/strings/" },
      to: { path: "^src/", pathNot: "^src/(strings/|random\\.ts$)" },
    },
    {
      name: "reading-knows-a-classifier",
      comment: "Reading asks a classifier by its type alone, so that nothing but images goes to it.",
      severity: "error",
      from: { path: "^src/reading/" },
      to: { path: "^src/", pathNot: "^src/(reading|image|arguments)/|^src/(classifier|effort|results)\\.ts$" },
    },
    {
      name: "corruptions-without-model",
      comment: "Corruptions know images and random numbers.",
      severity: "error",
      from: { path: "^src/corruptions/" },
      to: { path: "^src/", pathNot: "^src/(corruptions/|random\\.ts$)" },
    },
    {
      name: "attacks-know-a-function",
      comment: "Attacks and certificates know the model as a function from images to numbers.",
      severity: "error",
      from: { path: OF_FUNCTIONS },
      to: { path: "^src/", pathNot: [OF_FUNCTIONS, "^src/(arguments/|random\\.ts$)"] },
    },
    {
      name: "networks-apart",
      comment: "Networks to compare with know images, and what attacks ask of a model.",
      severity: "error",
      from: { path: "^src/networks/" },
      to: { path: "^src/", pathNot: "^src/(networks/|attacks/model\\.ts$)" },
    },
    {
      name: "library-without-networks",
      comment: "They are for benches and for the demo.",
      severity: "error",
      from: { path: "^src/", pathNot: "^src/networks/" },
      to: { path: "^src/networks/" },
    },
    {
      name: "demo-as-a-user",
      comment: "The page takes the library as it is published, and the networks that it shows beside it.",
      severity: "error",
      from: { path: "^examples/demo/", pathNot: "vite\\.config\\.ts$" },
      to: { path: "^(assembly|bench|format|scripts|src|test)/", pathNot: "^src/networks/" },
    },
    {
      name: "demo-page-asks-workers",
      comment: "What is computed is computed in workers; page and panels know only what both say to each other.",
      severity: "error",
      from: { path: "^examples/demo/(page|panels)/" },
      to: { path: "^examples/demo/worker/" },
    },
    {
      name: "assembly-alone",
      comment: "The module is made from its own sources, what both languages share, and AssemblyScript's own library.",
      severity: "error",
      from: { path: "^assembly/" },
      to: { pathNot: "^(assembly|format)/|^(util|bindings)/" },
    },
    {
      name: "format-alone",
      comment: "What both languages share depends on neither.",
      severity: "error",
      from: { path: "^format/" },
      to: { pathNot: "^format/" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    doNotFollow: { path: "node_modules" },
    // The bundle as static data: a megabyte without an import.
    exclude: { path: "^assembly/(wasi/)?frozen\\.ts$" },
    // AssemblyScript's imports have no extension.
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "node", "types", "default"],
      extensions: [".ts", ".mts", ".mjs", ".js", ".d.ts", ".d.mts"],
    },
  },
};
