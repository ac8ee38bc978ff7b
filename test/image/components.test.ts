import { expect, it } from "vitest";
import { around, type Component, startingBeside } from "../../src/image/components.ts";
import { Random } from "../../src/random.ts";

const randomParts = (count: number, random: Random): Component[] =>
  Array.from({ length: count }, () => {
    const box = {
      left: random.below(50),
      top: random.below(50),
      width: 1 + random.below(9),
      height: 1 + random.below(9),
    };
    return { pixels: [], mass: 1, box, atFrame: 0 };
  });

it("components that start beside a box are those of which a look at all tells so", () => {
  const random = new Random(1);
  for (let draw = 0; draw < 200; ++draw) {
    const byTop = randomParts(random.below(40), random).sort((one, other) => one.box.top - other.box.top);
    const box = { left: 0, top: random.below(60), width: 1, height: random.below(20) };
    expect(startingBeside(byTop, box)).toEqual(
      byTop.filter((part) => part.box.top >= box.top && part.box.top < box.top + box.height),
    );
  }
});

it("a box goes around any number of components, also more than a call takes arguments", () => {
  expect(around([])).toEqual({ left: 0, top: 0, width: 0, height: 0 });
  expect(around(randomParts(300_000, new Random(2)))).toEqual({ left: 0, top: 0, width: 58, height: 58 });
});
