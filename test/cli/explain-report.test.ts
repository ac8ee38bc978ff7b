import { mkdir, readFile, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { decode } from "fast-png";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Findings, findingsOf, type Subject } from "../../src/cli/explain/findings.ts";
import { pageOf } from "../../src/cli/explain/page.ts";
import { sheetOf } from "../../src/cli/explain/sheet.ts";
import { THUMBNAIL_SIDE, thumbnail } from "../../src/cli/explain/thumbnail.ts";
import { letters, widthOfWords } from "../../src/cli/report/shapes-as-png.ts";
import { Random } from "../../src/random.ts";
import { idxBytes, temporaryDirectory } from "../files/handmade-files.ts";
import { FakeClassifier, run } from "./fake-classifier.ts";

let directory: Awaited<ReturnType<typeof temporaryDirectory>>;
let image: string;
beforeAll(async () => {
  directory = await temporaryDirectory();
  const values = Uint8Array.from({ length: 784 }, (_, index) => (index === 0 ? 26 * 3 : index % 251));
  image = await directory.write("images.idx", idxBytes([1, 28, 28], values));
});
afterAll(() => directory.remove());

describe("abs explain --html --png", () => {
  it("writes one page and one picture with all that was found", async () => {
    const [html, png] = [join(directory.path, "report.html"), join(directory.path, "report.png")];
    const { code, stdout } = await run(["explain", image, "--html", html, "--png", png]);
    expect(code).toBe(0);
    expect(stdout).toContain(`${image}: 3 (confidence 75.0 %); runner-up 4; 40 evaluations`);
    expect(stdout).toContain(`the report: ${html}, ${png}`);
    expect(stdout.split("\n").length).toBe(4);
    const page = await readFile(html, "utf8");
    for (const words of ["redrawn as 3", "3 against 4", "as 9", "0.06250", "L∞", "certified, by smoothing", "z2"]) {
      expect(page).toContain(words);
    }
    // The fake's radii, certificate and prototypes.
    for (const figure of ["0.688", "0.063", "196.00", "98.00"]) expect(page).toContain(figure);
    const { width, height, channels } = decode(await readFile(png));
    expect([width, channels]).toEqual([1408, 3]);
    expect(height).toBeGreaterThan(2000);
  });

  it("writes one of them, and JSON beside it", async () => {
    const png = join(directory.path, "alone.png");
    const { stdout } = await run(["explain", image, "--png", png, "--json", "--samples", "100", "--sigma", "1"]);
    const document = JSON.parse(stdout);
    expect(document.png).toBe(png);
    expect(document.html).toBeUndefined();
    expect(document.classes[3].descent).toEqual([0.5, 0.25, 0.0625]);
    expect(decode(await readFile(png)).width).toBe(1408);
  });

  it("shows in the picture the very pixels that were seen", async () => {
    const png = join(directory.path, "pixels.png");
    await run(["explain", image, "--png", png]);
    const { data, width, height } = decode(await readFile(png));
    const bytes = Array.from({ length: 784 }, (_, index) => (index === 0 ? 78 : index % 251));
    const enlarged = 10;
    const isAt = (left: number, top: number): boolean =>
      bytes.every((value, pixel) => {
        const at = (top + enlarged * Math.floor(pixel / 28) + 5) * width + left + enlarged * (pixel % 28) + 5;
        return data[3 * at] === value && data[3 * at + 1] === value && data[3 * at + 2] === value;
      });
    const tops = Array.from({ length: Math.min(600, height - 28 * enlarged) }, (_, top) => top);
    expect(tops.filter((top) => isAt(64, top))).toHaveLength(enlarged);
  });

  it("refuses targets that cannot be meant, and options without a report", async () => {
    const target = join(directory.path, "one");
    await writeFile(target, "");
    await symlink(target, join(directory.path, "link"));
    await symlink(directory.path, join(directory.path, "linked"));
    await symlink(image, join(directory.path, "image.png"));
    for (const [words, message] of [
      [["--html", target, "--png", target], "--html and --png want two files"],
      [["--html", target, "--png", join(directory.path, ".", "sub", "..", "one")], "--html and --png want two files"],
      [["--html", target, "--png", join(directory.path, "link")], "--html and --png want two files"],
      [
        ["--html", join(directory.path, "new"), "--png", join(directory.path, "linked", "new")],
        "--html and --png want two files",
      ],
      [["--png", join(directory.path, "image.png")], "would write over the image that is to be explained"],
      [["--png", join(directory.path, "linked", "image.png")], "would write over the image that is to be explained"],
      [["--png", image], "--png writes PNG, so its file ends in .png; got"],
      [["--html", "report.pdf"], '--html writes HTML, so its file ends in .html; got "report.pdf"'],
      [["--html", target, "--weights", target], "would write over the weights"],
      [["--html", ""], '--html wants a file\'s name, got ""'],
      [["--samples", "10"], "--samples is for a report"],
      [["--sigma", "1"], "--sigma is for a report"],
      [["--html", target, "--sigma=-1"], "--sigma: got -1"],
      [["--html", target, "--samples", "0"], "--samples: got 0"],
    ] as const) {
      const { code, stderr, stdout } = await run(["explain", image, ...words]);
      expect(stderr, words.join(" ")).toContain(message);
      expect([code, stdout]).toEqual([2, ""]);
    }
    expect(await readFile(target, "utf8")).toBe("");
  });

  it("fails where a target cannot be written, and names it", async () => {
    const folder = join(directory.path, "folder");
    await mkdir(folder);
    for (const [option, target] of [
      ["--html", folder],
      ["--png", folder],
      ["--html", join(directory.path, "missing", "report.html")],
      ["--png", join(image, "report.png")],
    ] as const) {
      const { code, stderr, classifier } = await run(["explain", image, option, target]);
      expect(code).toBe(1);
      expect(stderr).toContain(target);
      expect(classifier.disposed).toBe(true);
    }
  });

  it("says what weights without prototypes, and a certificate that abstains, leave unknown", async () => {
    const classifier = new FakeClassifier();
    classifier.prototypes = () => {
      throw new Error("these weights bring no prototypes");
    };
    const html = join(directory.path, "less.html");
    const nines = await directory.write("nines.idx", idxBytes([1, 28, 28], new Uint8Array(784).fill(250)));
    const { code } = await run(["explain", nines, "--html", html], { createClassifier: async () => classifier });
    expect(code).toBe(0);
    const page = await readFile(html, "utf8");
    expect(page).toContain("these weights bring no prototypes");
    expect(page).toContain("nothing is certain");
  });
});

/** What a classifier may come to at worst: any number of classes, names in any script, losses that are 0 or no numbers. */
function drawnFindings(seed: number): Findings {
  const random = new Random(seed);
  const upTo = (most: number): number => Math.floor(random.uniform() * most);
  const count = 2 + upTo(63);
  const latents = 2 + upTo(31);
  const alphabets = ["abcxyz09", "<>&\"'", "äöüÅéñ", "七八九", "\u{1f600}\u{1f9e0}", "\u202e\u0007\u001b", "Ω−∞"];
  const names = Array.from({ length: count }, () => {
    const alphabet = Array.from(alphabets[upTo(alphabets.length)] as string);
    return Array.from({ length: 1 + upTo(30) }, () => alphabet[upTo(alphabet.length)]).join("");
  });
  const values = (low: number): Float32Array =>
    Float32Array.from({ length: 784 }, () => low + (1 - low) * random.uniform());
  const odd = [0, Number.POSITIVE_INFINITY, 1e-30, 1e30];
  const loss = (): number => (upTo(8) === 0 ? (odd[upTo(odd.length)] as number) : random.uniform());
  const classes = names.map(() => {
    const descent = Float32Array.from({ length: upTo(4) === 0 ? 0 : 1 + upTo(128) }, loss);
    const latent = Float32Array.from({ length: latents }, () => 8 * (random.uniform() - 0.5));
    return { loss: loss(), latent, descent, reconstruction: values(0), gain: random.uniform(), offset: 0 };
  });
  const label = upTo(count);
  const explanation = {
    label,
    name: names[label] as string,
    rejected: false,
    confidence: 0.5,
    probabilities: new Float64Array(count),
    losses: Float32Array.from(classes, (entry) => entry.loss),
    evaluations: 1,
    runnerUp: (label + 1) % count,
    view: "given" as const,
    classes,
    image: values(0),
    advantage: upTo(5) === 0 ? new Float32Array(784) : values(-1),
    ...(upTo(2) === 0 ? {} : { radiusEstimate: { l2: Number.POSITIVE_INFINITY, linf: 0 } }),
  };
  const subject: Subject = {
    title: names[0] as string,
    original: upTo(2) === 0 ? undefined : Array.from({ length: 168 ** 2 }, () => [upTo(256), 9, 9] as const),
    given: explanation.image,
    explanation,
    verdict: `${explanation.name} (confidence 50.0 %)`,
    making: [["command line", names[1] as string]],
    sigma: 0.25,
    samples: 100,
  };
  return findingsOf(subject, new FakeClassifier(names));
}

describe("reports of any findings", () => {
  const drawn = Array.from({ length: 25 }, (_, seed) => drawnFindings(seed));

  it("are pages that load nothing, run nothing and say in words what pictures show", () => {
    for (const findings of drawn) {
      const page = pageOf(findings);
      const words = page.replaceAll(/base64,[^"]*/g, "");
      expect(/<script|javascript:|\son\w+=|@import|<link|https?:/i.exec(words)?.[0]).toBeUndefined();
      for (const [, source] of page.matchAll(/(?:src|href)="([^"]*)"/g)) expect(source).toMatch(/^data:image\/png;/);
      for (const [tag] of page.matchAll(/<img [^>]*>/g)) expect(tag).toMatch(/ alt="[^"]+"/);
      for (const [tag] of page.matchAll(/<svg [^>]*>/g)) expect(tag).toMatch(/role="img" aria-labelledby="[\w -]+"/);
      expect(page.match(/<img /g)).toHaveLength((findings.original === undefined ? 4 : 5) + 2 * findings.ranked.length);
      expect(page).toContain("prefers-color-scheme: dark");
      expect(page).toContain("@media print");
      expect(/NaN|undefined|="-?Infinity/.exec(words)?.[0]).toBeUndefined();
      for (const control of ["\u202e", "\u0007", "\u001b"])
        expect(page.slice(page.indexOf("<h2>"))).not.toContain(control);
    }
  });

  it("have as many opening tags as closing ones", () => {
    for (const findings of drawn) {
      const page = pageOf(findings);
      for (const tag of ["figure", "section", "table", "tr", "td", "th", "ol", "li", "svg", "text", "dl", "p"]) {
        expect(page.match(new RegExp(`<${tag}[ >]`, "g"))?.length, tag).toBe(
          page.match(new RegExp(`</${tag}>`, "g"))?.length,
        );
      }
    }
  });

  it("are pictures, the same each time", () => {
    const smallest = drawn.toSorted((one, other) => one.ranked.length - other.ranked.length);
    for (const findings of smallest.slice(0, 3)) {
      const png = sheetOf(findings);
      const { data, width, height } = decode(png);
      expect(data.length).toBe(3 * width * height);
      expect(Buffer.compare(sheetOf(findings), png)).toBe(0);
    }
    const { height } = decode(sheetOf(smallest.at(-1) as Findings));
    expect(height).toBeGreaterThan(4000);
  });
});

describe("thumbnail", () => {
  const box = { left: 0, top: 0, width: 0, height: 0 };
  const at = (colours: readonly (readonly number[])[], x: number, y: number): readonly number[] =>
    colours[y * THUMBNAIL_SIDE + x] as readonly number[];

  it("keeps proportions, colours and transparency, whatever the size and the kind of numbers", () => {
    const random = new Random(3);
    for (const [width, height] of [
      [1, 1],
      [3, 1000],
      [1000, 3],
      [168, 168],
      [400, 301],
      [17, 29],
    ] as const) {
      for (const channels of [1, 2, 3, 4]) {
        for (const [brightest, Kind] of [
          [255, Uint8Array],
          [65535, Uint16Array],
          [1, Float32Array],
        ] as const) {
          const levels = Array.from({ length: channels }, () => random.uniform());
          const pixel = levels.map((level) => (brightest === 1 ? level : Math.round(level * brightest)));
          const all = Array.from(
            { length: width * height * channels },
            (_, index) => pixel[index % channels] as number,
          );
          const data = Kind.from(all);
          const colours = thumbnail({ data, width, height, channels }, box);
          expect(colours).toHaveLength(THUMBNAIL_SIDE ** 2);
          const [red, green, blue] = channels < 3 ? [levels[0], levels[0], levels[0]] : levels;
          const alpha = channels % 2 === 0 ? (levels[channels - 1] as number) : 1;
          const wanted = [red, green, blue].map((level) => 255 * (alpha * (level as number) + 1 - alpha));
          at(colours, 83, 83).forEach((value, channel) => {
            expect(Math.abs(value - (wanted[channel] as number))).toBeLessThan(2);
          });
          if (width > 2 * height) expect(at(colours, 84, 2)).toEqual([235, 235, 235]);
          if (height > 2 * width) expect(at(colours, 2, 84)).toEqual([235, 235, 235]);
        }
      }
    }
  });

  it("frames what was found, from outside", () => {
    const data = new Uint8Array(168 * 168).fill(100);
    const colours = thumbnail({ data, width: 168, height: 168 }, { left: 20, top: 30, width: 50, height: 60 });
    for (const [x, y] of [
      [18, 28],
      [19, 60],
      [70, 91],
      [45, 28],
    ] as const)
      expect(at(colours, x, y)).toEqual([185, 71, 0]);
    for (const [x, y] of [
      [20, 30],
      [69, 89],
      [17, 60],
      [72, 60],
    ] as const)
      expect(at(colours, x, y)).toEqual([100, 100, 100]);
    const whole = thumbnail({ data, width: 168, height: 168 }, { left: 0, top: 0, width: 168, height: 168 });
    expect(new Set(whole.map(([red]) => red))).toEqual(new Set([100]));
  });

  it("is in the report of a picture that was preprocessed", async () => {
    const pixels = Buffer.concat([Buffer.from("P5 40 60 255\n"), Buffer.alloc(2400, 255).fill(0, 800, 1600)]);
    const [file, html] = [join(directory.path, "bar.pgm"), join(directory.path, "bar.html")];
    await writeFile(file, pixels);
    expect((await run(["explain", file, "--html", html])).code).toBe(0);
    expect(await readFile(html, "utf8")).toContain("the picture, and what was found");
  });
});

describe("letters of pictures", () => {
  it("stay within the font, and accents fall off before letters do", () => {
    expect(letters("L∞ ≤ 2")).toBe("Linf <= 2");
    expect(letters("Größe, façade, 7 → 9")).toBe("Gro?e, facade, 7 -> 9".replace("Gro", "Grö"));
    expect(letters("七\u0007")).toBe("??");
    expect(widthOfWords("abc", 2)).toBe(34);
    expect(widthOfWords("")).toBe(0);
  });
});
