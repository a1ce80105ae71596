/**
 * `node tools/bundle.ts [APP...]`: one file an app, `apps/<app>/dist/main.mjs`, that needs nothing but Node.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { contentHash } from '@quickvirt/cluster';
import { build, type BuildOptions, type Plugin } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));

const BY_REQUIRE = 'by-require';

/**
 * Node makes an ES module of a built-in one by reading every export, getters included. Those of http and https that stand
 * for web interfaces load Node's own fetch, which no app uses: 3 MiB in each process. `require` reads nothing.
 */
const httpByRequire: Plugin = {
  name: 'http-by-require',
  setup: (bundling) => {
    bundling.onResolve({ filter: /^node:https?$/ }, ({ path, kind }) =>
      kind === 'import-statement' ? { path, namespace: BY_REQUIRE } : undefined,
    );
    bundling.onLoad({ filter: /.*/, namespace: BY_REQUIRE }, ({ path }) => ({
      contents: `module.exports = require(${JSON.stringify(path)});`,
    }));
  },
};

const settings = {
  bundle: true,
  platform: 'node',
  target: 'node26',
  format: 'esm',
  minify: true,
  keepNames: true,
  legalComments: 'none',
  logLevel: 'warning',
  // Reads kubeconfigs, which a pod has none of: its login is the service account. 3.8 MB of code, 25 MiB of memory.
  external: ['@kubernetes/client-node'],
  plugins: [httpByRequire],
  // Some libraries are CommonJS and call require for Node's own modules.
  banner: {
    js: "import { createRequire as quickvirtRequire } from 'node:module'; const require = quickvirtRequire(import.meta.url);",
  },
} as const satisfies BuildOptions;

/** The apps that have an image. */
export const apps = ['virt-api', 'virt-controller', 'virt-handler', 'virt-launcher'] as const;

/**
 * Bundles an app with everything it imports. Names of functions are kept, so that stack traces tell something.
 * @returns the bundle's path.
 * @throws when the app has no main.ts, or an import does not resolve.
 */
export async function bundleApp(app: string): Promise<string> {
  return bundleFile(`${root}apps/${app}/src/main.ts`, `${root}apps/${app}/dist/main.mjs`);
}

/** What a bundle was made from: its inputs as paths below the repository, and their hash with the settings. */
interface Manifest {
  inputs: string[];
  hash: string;
}

/** Bundles one entry file into one output file, unless nothing that went into it has changed since. */
export async function bundleFile(entry: string, outfile: string): Promise<string> {
  if (!existsSync(entry)) throw new Error(`${entry} is not there: an app starts in src/main.ts`);
  const manifestPath = `${outfile}.inputs.json`;
  const hashOf = (inputs: string[]): string =>
    contentHash(
      [],
      // The settings are this file.
      [...inputs, 'package-lock.json', 'tools/bundle.ts'].map((path) => join(root, path)),
    );
  if (existsSync(outfile) && existsSync(manifestPath)) {
    const { inputs, hash } = JSON.parse(readFileSync(manifestPath, 'utf8')) as Manifest;
    if (inputs.every((path) => existsSync(join(root, path))) && hashOf(inputs) === hash) return outfile;
  }
  rmSync(manifestPath, { force: true });
  const { metafile } = await build({ ...settings, entryPoints: [entry], outfile, absWorkingDir: root, metafile: true });
  refuseOtherThanAscii(outfile);
  const inputs = Object.keys(metafile.inputs)
    .filter((input) => !input.startsWith(`${BY_REQUIRE}:`))
    .sort();
  writeFileSync(manifestPath, JSON.stringify({ inputs, hash: hashOf(inputs) } satisfies Manifest));
  return outfile;
}

/** V8 keeps the text of a program for as long as it runs: with one character beyond ASCII in two bytes each, not one. */
function refuseOtherThanAscii(path: string): void {
  const text = readFileSync(path);
  const at = text.findIndex((byte) => byte > 0x7f);
  if (at === -1) return;
  const around = text.subarray(Math.max(0, at - 60), at + 20).toString();
  throw new Error(`${path} has a character beyond ASCII, which doubles its memory: write it as \\u in ...${around}...`);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const app of process.argv.length > 2 ? process.argv.slice(2) : apps) console.log(await bundleApp(app));
}
