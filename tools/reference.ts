/**
 * Runs our code over reference cases and writes what it gives, in the cases' own layout:
 *   node tools/reference.ts --cases DIR --out DIR [--area NAME]...
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { KubeVirt } from '@quickvirt/api';
import { parse } from 'yaml';
import { defaultCase, judgeCase } from './reference/admission.ts';
import type { ReferenceArea, ReferenceCase } from './reference/case.ts';
import { renderDomainCase } from './reference/domain.ts';
import { renderExtraPodCase } from './reference/extrapod.ts';
import { renderPodCase } from './reference/pod.ts';
import { runReconcileCase } from './reference/reconcile.ts';
import { answerRest } from './reference/rest.ts';
import { createInstanceCase } from './reference/vm2vmi.ts';

/** One entry an area; its module says how a case maps to a call of ours. */
const areas: Record<string, ReferenceArea> = {
  validation: judgeCase,
  update: judgeCase,
  defaults: defaultCase,
  vm2vmi: createInstanceCase,
  pod: renderPodCase,
  extrapod: renderExtraPodCase,
  domain: renderDomainCase,
  rest: answerRest,
  reconcile: runReconcileCase,
};

const ending = '.in.yaml';

function main(): void {
  const { values } = parseArgs({
    options: {
      cases: { type: 'string' },
      out: { type: 'string' },
      area: { type: 'string', multiple: true },
    },
  });
  const { cases, out } = values;
  if (cases === undefined || out === undefined) {
    console.error('usage: reference --cases DIR --out DIR [--area NAME]...');
    process.exitCode = 2;
    return;
  }
  for (const area of values.area ?? Object.keys(areas).filter((name) => existsSync(join(cases, name)))) {
    const run = areas[area];
    if (run === undefined) {
      console.error(`no code of ours answers cases of area ${area}; known: ${Object.keys(areas).join(', ')}`);
      process.exitCode = 2;
      continue;
    }
    console.log(`${area}: ${runArea(run, area, cases, out)} cases`);
  }
}

function runArea(run: ReferenceArea, area: string, cases: string, out: string): number {
  mkdirSync(join(out, area), { recursive: true });
  const files = readdirSync(join(cases, area)).filter((file) => file.endsWith(ending));
  for (const file of files) {
    const input = parse(readFileSync(join(cases, area, file), 'utf8')) as ReferenceCase;
    const name = file.slice(0, -ending.length);
    const { json, domainXml } = outcome(run, input, readConfig(cases, input.config));
    if (json !== undefined) writeFileSync(join(out, area, `${name}.out.json`), JSON.stringify(json, undefined, 1));
    if (domainXml !== undefined) writeFileSync(join(out, area, `${name}.domain.xml`), domainXml);
  }
  return files.length;
}

/** A throw is an answer too: it is shown beside the others, never hidden. */
function outcome(run: ReferenceArea, input: ReferenceCase, kubevirt: KubeVirt | undefined) {
  try {
    return run(input, kubevirt);
  } catch (error) {
    console.error(`${input.name}: ${error instanceof Error ? error.stack : String(error)}`);
    return { json: { thrown: String(error) } };
  }
}

function readConfig(cases: string, config: string): KubeVirt | undefined {
  const file = join(cases, 'configs', `${config}.yaml`);
  return existsSync(file) ? (parse(readFileSync(file, 'utf8')) as KubeVirt) : undefined;
}

main();
