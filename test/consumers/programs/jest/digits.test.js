const { createClassifier, isSupported, preprocess } = require("analysis-by-synthesis");

// jest runs this in a realm of its own, whose classes are not those of Node's files and timers.
test("a digit is classified", async () => {
  expect(isSupported()).toBe(true);
  const abs = await createClassifier();
  const [seven] = abs.sample(7, { seed: 1 });
  const image = Float32Array.from(seven);
  expect(abs.classify(image).label).toBe(7);
  const bytes = Uint8ClampedArray.from(seven, (value) => 255 * value);
  const { image: seen } = preprocess({ data: bytes, width: 28, height: 28 });
  expect(abs.label(seen)).toBe(7);
  for await (const { label } of abs.classifyStream([image, seven])) expect(label).toBe(7);
  await expect(createClassifier({ effort: "none" })).rejects.toThrow(/effort/);
});
