// What run.ts uses of webpack, which test/consumers/package.json installs on first use only.

declare module "webpack" {
  interface Stats {
    hasErrors(): boolean;
    hasWarnings(): boolean;
    toString(): string;
  }
  export default function webpack(options: object, done: (error: Error | null, stats?: Stats) => void): unknown;
}
