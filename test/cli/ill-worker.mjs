import workerpool from "workerpool";

// A worker whose health depends on the first pixel of the images: at 3 its task throws, at 4 it ends, and at 5 it never
// comes to an end.
workerpool.worker({
  classifyBatch: (images) => {
    if (images[0] === 3) throw new Error("three is too much");
    if (images[0] === 4) process.exit(7);
    while (images[0] === 5);
    return { classifications: [], milliseconds: images.length };
  },
});
