/** A machine as a command line names it. */
export interface MachineName {
  /** The lasting machine, or its running instance: both have one name. */
  kind: 'vm' | 'vmi';
  name: string;
}

const KINDS: Readonly<Record<string, MachineName['kind']>> = {
  vm: 'vm',
  vms: 'vm',
  virtualmachine: 'vm',
  virtualmachines: 'vm',
  vmi: 'vmi',
  vmis: 'vmi',
  virtualmachineinstance: 'vmi',
  virtualmachineinstances: 'vmi',
};

/**
 * Reads `vm NAME`, `vmi NAME`, `vm/NAME`, `vmi/NAME`, or a bare `NAME` for a VM.
 * @throws Error that says how a machine is named.
 */
export function machineNamed(words: readonly string[]): MachineName {
  const parts = words.length === 1 ? words[0]!.split('/') : [...words];
  if (parts.length === 1 && parts[0]) return { kind: 'vm', name: parts[0] };
  const [kindWord = '', name, ...rest] = parts;
  const kind = Object.hasOwn(KINDS, kindWord) ? KINDS[kindWord] : undefined;
  if (!kind || !name || rest.length > 0)
    throw new Error(`"${words.join(' ')}" names no machine: write vm NAME, vmi NAME, vm/NAME or vmi/NAME`);
  return { kind, name };
}
