import { describe, expect, test } from '@jest/globals';
import { build } from 'esbuild';

/** Packages that a bundle of `import { ... } from '@quickvirt/telemetry'` holds. */
async function packagesOf(imports: string): Promise<string[]> {
  const { metafile } = await build({
    stdin: {
      contents: `import { ${imports} } from './index.ts'; console.log(${imports});`,
      resolveDir: import.meta.dirname,
    },
    bundle: true,
    write: false,
    metafile: true,
    platform: 'node',
    format: 'esm',
    logLevel: 'silent',
  });
  const [output] = Object.values(metafile.outputs);
  const inputs = Object.entries(output?.inputs ?? {}).filter(([, { bytesInOutput }]) => bytesInOutput > 0);
  return inputs.flatMap(([path]) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(path)?.[1] ?? []);
}

describe('a bundle', () => {
  test('of createLineLogger alone holds no dependency', async () => {
    expect(await packagesOf('createLineLogger')).toEqual([]);
  });

  test('of createLogger holds winston: the check above sees it', async () => {
    expect(await packagesOf('createLogger')).toContain('winston');
  });
});
