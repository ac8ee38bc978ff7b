import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import ts from "typescript";
import { writeWholeFile } from "../src/files/write-whole-file.ts";

// Writes docs/api.md from the doc comments of what the package exports.
//
//   npm run docs                 writes it
//   npm run docs -- --check      fails when it is out of date, and writes nothing
//
// TypeDoc was tried: it spells out a dozen headings per method and `Error`'s own properties, and what matters drowns.

const ENTRY = fileURLToPath(new URL("../src/entries/node.ts", import.meta.url));
const CERTIFY_ENTRY = fileURLToPath(new URL("../src/entries/certify.ts", import.meta.url));
const ATTACKS_ENTRY = fileURLToPath(new URL("../src/entries/attacks.ts", import.meta.url));
const READING_ENTRY = fileURLToPath(new URL("../src/entries/reading.ts", import.meta.url));
const CONFIGURATION = fileURLToPath(new URL("../tsconfig.json", import.meta.url));
const TARGET = new URL("../docs/api.md", import.meta.url);

const OPENING = `<!-- Written by \`npm run docs\` from the doc comments in src/. -->

# API

What \`import … from "analysis-by-synthesis"\` gives. An *image* is 784 values, 28 rows of 28, bright ink on dark. A *class*
is what a model stands for, with the shipped weights a digit; its *label* is its place from 0. A *latent* is the short list
of numbers (20 with the shipped weights) from which a class's decoder draws an image.

The examples work from top to bottom: \`abs\` and \`image\` are those of the first one. [Options](options.md) has each
option of \`createClassifier\` with an example.`;

const READING_OPENING = `# Several digits in a picture

What \`import … from "analysis-by-synthesis/reading"\` gives: [reading numbers](reading.md) has how it works and what it finds.`;

const CERTIFY_OPENING = `# Bounds for any model

What \`import … from "analysis-by-synthesis/certify"\` gives besides \`Certificate\` and \`SmoothingOptions\`.`;

const ATTACKS_OPENING = `# Attacks on any model

What \`import … from "analysis-by-synthesis/attacks"\` gives. A model under attack is any object with \`classify\`; a classifier
of this package is one as it stands. [Robustness](robustness.md) has what each attack finds.`;

/** A thing that is exported, by the name under which it is. */
interface Exported {
  name: string;
  symbol: ts.Symbol;
}

/** Reads the exports of an entry and prints them. */
class Documenter {
  readonly #checker: ts.TypeChecker;
  readonly #exported = new Map<string, ts.Symbol>();

  constructor(entry: string) {
    const { config } = ts.readConfigFile(CONFIGURATION, ts.sys.readFile);
    const { options } = ts.parseJsonConfigFileContent(config, ts.sys, fileURLToPath(new URL("..", import.meta.url)));
    const program = ts.createProgram([entry], options);
    this.#checker = program.getTypeChecker();
    const source = program.getSourceFile(entry);
    const module = source && this.#checker.getSymbolAtLocation(source);
    if (module === undefined) throw new Error(`${entry} exports nothing`);
    for (const symbol of this.#checker.getExportsOfModule(module)) {
      const isAlias = (symbol.flags & ts.SymbolFlags.Alias) !== 0;
      this.#exported.set(symbol.name, isAlias ? this.#checker.getAliasedSymbol(symbol) : symbol);
    }
  }

  /**
   * All exports but some as Markdown: first what can be called, then the types in the order in which they are mentioned.
   */
  print(except: ReadonlySet<string> = new Set()): string {
    const all = [...this.#exported].map(([name, symbol]) => ({ name, symbol })).filter(({ name }) => !except.has(name));
    const isType = ({ symbol }: Exported): boolean => (symbol.flags & ts.SymbolFlags.Value) === 0;
    const isCalled = ({ symbol }: Exported): boolean => this.#callSignature(symbol) !== undefined;
    const waiting = [...all.filter(isCalled), ...all.filter((one) => !isType(one)), ...all];
    const printed = new Map<string, string>();
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (printed.has(next.name)) continue;
      const section = this.#section(next);
      printed.set(next.name, section);
      const mentioned = all.filter(({ name }) => isMentioned(name, section) && !printed.has(name));
      // What functions mention comes right after all of them; what a type mentions right after it.
      waiting.splice(isCalled(next) ? waiting.findIndex((one) => !isCalled(one)) : 0, 0, ...mentioned);
    }
    return [...printed.values()].join("\n\n");
  }

  /** The names of all exports. */
  get names(): ReadonlySet<string> {
    return new Set(this.#exported.keys());
  }

  #section({ name, symbol }: Exported): string {
    const signature = this.#callSignature(symbol);
    if (signature !== undefined) return this.#callable(name, symbol, signature, "##");
    const declaration = symbol.declarations?.[0];
    const comment = this.#comment(symbol);
    if (declaration !== undefined && ts.isInterfaceDeclaration(declaration)) {
      const heritage = declaration.heritageClauses?.flatMap(({ types }) => types.map((type) => type.getText())) ?? [];
      const above = heritage.map((type) => `Has everything of ${this.#linked(type)}, and:`);
      const properties = declaration.members.map((member) => this.#property(member)).join("\n");
      return joined(`## ${name}`, comment, ...above, properties);
    }
    if (declaration !== undefined && ts.isTypeAliasDeclaration(declaration)) {
      const type = this.#checker.getDeclaredTypeOfSymbol(symbol);
      const own = type.isUnion() ? [] : type.getProperties().filter((member) => this.#isOurs(member));
      if (own.length > 0) return joined(`## ${name}`, comment, ...own.map((member) => this.#member(member)));
      return joined(`## ${name}`, comment, codeBlock(`type ${name} = ${this.#aliased(declaration)};`));
    }
    if (declaration !== undefined && ts.isClassDeclaration(declaration)) {
      const methods = declaration.members.filter(
        (member) => ts.isMethodDeclaration(member) && !ts.isPrivateIdentifier(member.name),
      );
      const named = methods.map(({ name: method }) => this.#checker.getSymbolAtLocation(method as ts.Identifier));
      return joined(`## ${name}`, comment, ...named.map((method) => this.#member(method as ts.Symbol)));
    }
    return joined(`## ${name}`, comment);
  }

  /** `(typeof NAMES)[number]` is spelt out, in the list's order; anything else stays as it is written. */
  #aliased({ type }: ts.TypeAliasDeclaration): string {
    if (!ts.isIndexedAccessTypeNode(type)) return type.getText();
    const list = this.#checker.getTypeFromTypeNode(type.objectType) as ts.TypeReference;
    return this.#checker
      .getTypeArguments(list)
      .map((one) => this.#checker.typeToString(one))
      .join(" | ");
  }

  /** Whether a member is declared in src/, and not by the language. */
  #isOurs(member: ts.Symbol): boolean {
    return member.declarations?.[0]?.getSourceFile().fileName.includes("/node_modules/") === false;
  }

  #member(symbol: ts.Symbol): string {
    const signature = this.#callSignature(symbol);
    if (signature !== undefined) return this.#callable(symbol.name, symbol, signature, "###");
    const declaration = symbol.declarations?.[0] as ts.Declaration;
    const type = this.#checker.typeToString(this.#checker.getTypeOfSymbolAtLocation(symbol, declaration), declaration);
    return joined(`### ${symbol.name}`, codeBlock(`${symbol.name}: ${type}`), this.#comment(symbol));
  }

  #property(member: ts.TypeElement): string {
    const isMethod = ts.isMethodSignature(member);
    if (!(isMethod || ts.isPropertySignature(member)) || member.type === undefined) {
      throw new Error(`unknown: ${member.getText()}`);
    }
    const symbol = this.#checker.getSymbolAtLocation(member.name) as ts.Symbol;
    const parameters = isMethod ? `(${member.parameters.map((parameter) => parameter.getText()).join(", ")})` : "";
    const name = `${member.name.getText()}${member.questionToken ? "?" : ""}${parameters}`;
    const comment = this.#comment(symbol).replaceAll("\n", "\n  ");
    const type = member.type.getText();
    return `- \`${name}: ${type}\`${this.#seeAlso(type, comment)}${comment && "\\\n  "}${comment}`;
  }

  #callable(name: string, symbol: ts.Symbol, signature: ts.Signature, level: string): string {
    const { parameters, type } = signature.declaration as ts.MethodDeclaration;
    const words = parameters.map((parameter) => {
      const isOptional = parameter.questionToken !== undefined || parameter.initializer !== undefined;
      const own = ts.isIdentifier(parameter.name) ? parameter.name.text : "options";
      return `${own}${isOptional ? "?" : ""}: ${parameter.type?.getText()}`;
    });
    const given = `(${words.join(", ")}): ${type?.getText()}`;
    const line = name + given;
    // A function type may carry the comment that its constants share.
    const documented = symbol.getDocumentationComment(this.#checker).length > 0 ? symbol : signature;
    const comment = this.#rendered(documented.getDocumentationComment(this.#checker));
    const tags = documented === symbol ? symbol.getJsDocTags(this.#checker) : signature.getJsDocTags();
    const list = tags.flatMap(({ name: kind, text }) => {
      const parts = text ?? [];
      const words = this.#rendered(parts).replaceAll("\n", "\n  ");
      if (kind === "param") return [`- ${words.replace(/^(\S+)\s+/, "`$1`: ")}`];
      if (kind === "returns") return [`- returns ${words}`];
      if (kind === "throws")
        return [`- throws ${words.replace(/^\{([^}]*)\}\s*/, (_, types) => `${this.#linked(types)} `)}`];
      return [];
    });
    const examples = tags.flatMap(({ name: kind, text }) => (kind === "example" ? [this.#rendered(text ?? [])] : []));
    return joined(
      `${level} ${name}`,
      codeBlock(line),
      comment,
      this.#seeAlso(given, comment).replace(/^ \((.*)\)$/, "See $1."),
      list.join("\n"),
      ...examples,
    );
  }

  #callSignature(symbol: ts.Symbol): ts.Signature | undefined {
    // What `Pick` takes over has no declaration of its own value, but still the class's.
    const declaration = symbol.valueDeclaration ?? symbol.declarations?.[0];
    if ((symbol.flags & ts.SymbolFlags.Value) === 0) return undefined;
    if (declaration === undefined || ts.isClassDeclaration(declaration)) return undefined;
    return this.#checker.getTypeOfSymbolAtLocation(symbol, declaration).getCallSignatures()[0];
  }

  #comment(symbol: ts.Symbol): string {
    return this.#rendered(symbol.getDocumentationComment(this.#checker));
  }

  /** A comment's text, with links to what this document has. */
  #rendered(parts: readonly ts.SymbolDisplayPart[]): string {
    return ts
      .displayPartsToString([...parts])
      .replace(/\{@link\s+(\w+)\s*\}/g, "`$1`")
      .replace(/`(\w+)`/g, (code, name: string) => (this.#exported.has(name) ? this.#linked(name) : code))
      .replace(/\bdocs\/([\w-]+\.md(#[\w-]+)?)/g, (_, target: string) => `[${target.replace(/#.*/, "")}](${target})`)
      .trim();
  }

  /** A type as code, linked where it is one of ours. */
  #linked(type: string): string {
    return type
      .split(" | ")
      .map((name) => (this.#exported.has(name) ? `[\`${name}\`](#${name.toLowerCase()})` : `\`${name}\``))
      .join(" or ");
  }

  /** Links to our types that a line of code mentions and its comment does not. */
  #seeAlso(line: string, comment: string): string {
    const names = [...this.#exported.keys()].filter(
      (name) => isMentioned(name, line) && !comment.includes(`[\`${name}\`]`),
    );
    return names.length === 0 ? "" : ` (${names.map((name) => this.#linked(name)).join(", ")})`;
  }
}

function isMentioned(name: string, text: string): boolean {
  return new RegExp(`\\b${name}\\b`).test(text);
}

function joined(...parts: string[]): string {
  return parts.filter((part) => part !== "").join("\n\n");
}

/** Marked as no program: the tests run what documents have as `js`. */
function codeBlock(line: string): string {
  return `\`\`\`typescript\n${line}\n\`\`\``;
}

const { values: options } = parseArgs({ options: { check: { type: "boolean", default: false } } });
const main = new Documenter(ENTRY);
const certify = new Documenter(CERTIFY_ENTRY);
const attacks = new Documenter(ATTACKS_ENTRY);
const reading = new Documenter(READING_ENTRY);
const sections = [
  OPENING,
  main.print(),
  READING_OPENING,
  reading.print(main.names),
  CERTIFY_OPENING,
  certify.print(main.names),
  ATTACKS_OPENING,
  attacks.print(),
];
const text = `${sections.join("\n\n")}\n`;
if (!options.check) await writeWholeFile(TARGET, text);
else if (readFileSync(TARGET, "utf8") !== text) {
  console.error("docs/api.md is out of date: `npm run docs` writes it anew from the doc comments in src/");
  process.exitCode = 1;
}
