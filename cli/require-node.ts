// Runs in any Node that knows modules, and says there that it is too old: so nothing newer than ES2018 here and in the two
// files that import this, and no import of anything else before the version is known.

/** As in `engines` of package.json: explicit resource management came with Node 24. */
const neededNode = 24;

/** Runs the program with these arguments. */
export function startOnFittingNode(args: readonly string[]): void {
  if (Number(process.versions.node.split('.')[0]) < neededNode) {
    process.stderr.write(`error: gitkube needs Node.js ${neededNode} or newer, and this is ${process.version}\n`);
    process.stderr.write(
      'hint: install it from https://nodejs.org, or use the image of Gitkube, which brings its own\n',
    );
    process.exitCode = 1;
    return;
  }
  void import('./start.ts').then(({ start }) => start(args));
}
