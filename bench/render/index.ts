import { availableParallelism } from 'node:os';
import { convertVmiToDomainXml, readDomainXml } from '@quickvirt/domain-xml';
import { renderLauncherPod } from '@quickvirt/launcher-pod';
import { samples as domains } from '../../packages/domain-xml/src/testing/samples.ts';
import { samples as pods } from '../../packages/launcher-pod/src/testing/samples.ts';

/** Long enough that a collection of garbage in between is a small part of it. */
const runMs = 2_000;

/**
 * Launcher pods and domains rendered a second on one CPU, and what each allocates, over the samples that the goldens are
 * made from. No options.
 */
export async function run(): Promise<void> {
  console.log(`renderings on one of ${availableParallelism()} CPUs, Node ${process.version}`);
  const xmls = domains.map(({ vmi, config, facts }) => convertVmiToDomainXml(vmi, config, facts).xml);
  await measure('launcher pod', pods, ({ vmi, config, options }) => renderLauncherPod(vmi, config, options));
  await measure('domain', domains, ({ vmi, config, facts }) => convertVmiToDomainXml(vmi, config, facts));
  await measure('domain read back', xmls, readDomainXml);
}

async function measure<T>(what: string, inputs: readonly T[], render: (input: T) => unknown): Promise<void> {
  for (const input of inputs) render(input);
  const bytes = allocatedBytes(inputs, render);
  const endMs = performance.now() + runMs;
  const startMs = performance.now();
  let count = 0;
  while (performance.now() < endMs) {
    for (const input of inputs) render(input);
    count += inputs.length;
    // Other work of the process gets its turn, as it would in an app.
    await new Promise((resolve) => setImmediate(resolve));
  }
  const perSecond = Math.round((count * 1000) / (performance.now() - startMs));
  console.log(`${what}: ${perSecond} a second, ${Math.round(bytes / 1024)} KiB allocated each`);
}

/** Mean over the inputs; one during which garbage was collected says nothing and is left out. */
function allocatedBytes<T>(inputs: readonly T[], render: (input: T) => unknown): number {
  const growths = inputs.map((input) => {
    const before = process.memoryUsage().heapUsed;
    render(input);
    return process.memoryUsage().heapUsed - before;
  });
  const positive = growths.filter((growth) => growth > 0);
  return positive.reduce((sum, growth) => sum + growth, 0) / positive.length;
}
