import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';

const main = join(import.meta.dirname, 'main.ts');
const tiny = join(import.meta.dirname, '../../../examples/vm-tiny.yaml');
const broken = 'apiVersion: kubevirt.io/v1\nkind: VirtualMachine\nmetadata: {name: x}\nspec: {running: 1}\n';

function virtctl(args: string[], input = '') {
  // No kubeconfig: these commands must do without a cluster.
  const env = { ...process.env, KUBECONFIG: '/nowhere' };
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { input, env, encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe('the command line', () => {
  test('validates with exit status 0', () => {
    const { status, stdout } = virtctl(['validate', '-f', tiny]);
    expect([status, stdout]).toEqual([0, `${tiny}:3: VirtualMachine default/tiny: allowed\n`]);
  });

  test('refuses with exit status 1, from standard input, as JSON', () => {
    const { status, stdout } = virtctl(['-n', 'team', 'validate', '-f', '-', '-f', tiny, '-o', 'json'], broken);
    const verdicts = JSON.parse(stdout) as { namespace: string; allowed: boolean; causes: { field: string }[] }[];
    expect([status, verdicts.map(({ namespace, allowed }) => [namespace, allowed])]).toEqual([
      1,
      [
        ['team', false],
        ['team', true],
      ],
    ]);
    expect(verdicts[0]?.causes.map(({ field }) => field)).toContain('spec.running');
  });

  test.each([
    [['vmi'], 'kind: VirtualMachineInstance'],
    [['pod'], 'kind: Pod'],
    [['domain'], '<name>default_tiny</name>'],
    [['memory'], 'overhead'],
    [['domain', '-o', 'json'], '"name": "domain"'],
  ])('renders %j', (args, words) => {
    const { status, stdout } = virtctl(['render', ...args, '-f', tiny]);
    expect([status, stdout.includes(words)]).toEqual([0, true]);
  });

  test('is described in the docs, command by command', () => {
    const docs = readFileSync(join(import.meta.dirname, '../../../docs/virtctl.md'), 'utf8');
    const commandsOf = (help: string): string[] =>
      [...help.slice(help.indexOf('\nCommands:')).matchAll(/^ {2}([a-z]+) /gm)].map(([, name = '']) => name);
    const names = commandsOf(virtctl(['--help']).stdout).filter((name) => name !== 'help');
    const forms = commandsOf(virtctl(['render', '--help']).stdout).filter((name) => name !== 'help');
    expect(names).toContain('validate');
    expect(forms).toContain('domain');
    const calls = [...names.filter((name) => name !== 'render'), ...forms.map((form) => `render ${form}`)];
    expect(calls.filter((call) => !docs.includes(`virtctl ${call} `) && !docs.includes(`virtctl ${call}\n`))).toEqual(
      [],
    );
  });

  test.each([
    [['validate'], "required option '-f"],
    [['validate', '-f', '/nowhere.yaml'], 'cannot be read (ENOENT)'],
    [['validat'], 'Did you mean validate?'],
    [['render', 'vmi', '-f', tiny, '-o', 'xml'], 'Allowed choices are yaml, json'],
    [['validate', '-f', tiny, '--config', tiny], 'there is no object of kind KubeVirt'],
  ])('says what is wrong with %j', (args, words) => {
    const { status, stderr } = virtctl(args);
    expect([status, stderr.includes(words)]).toEqual([1, true]);
  });
});
