import type { Kubectl } from '../../e2e/src/kubectl.ts';

/** Memory of one process, KiB, as Linux tells it in /proc/PID/smaps_rollup. */
export interface ProcessMemory {
  pid: number;
  command: string;
  rssKiB: number;
  pssKiB: number;
  /** Anonymous memory in use: the part that no other process shares. */
  anonymousKiB: number;
  /** QEMU only: within `pssKiB`, the guest's RAM and, under software emulation, the buffer of translated code. */
  guestPssKiB: number;
}

/** `<tb-cache>` of every emulated domain of ours. */
const TCG_BUFFER_KIB = 32 * 1024;

/**
 * Prints one line for each process whose cgroup path holds the pod's uid ($1; the systemd driver writes it with `_`). The
 * guest's RAM and the buffer of translated code are told by their sizes ($2, $3, KiB; the buffer has a guard page in it).
 */
const SCRIPT = String.raw`
for dir in /proc/[0-9]*; do
  grep -qE "$1|$(echo "$1" | tr - _)" "$dir/cgroup" 2>/dev/null || continue
  ram=$(awk -v guest="$2" -v code="$3" '/^Size:/ { take = ($2 == guest || ($2 > code - 64 && $2 <= code)) } take && /^Pss:/ { sum += $2 } END { print sum + 0 }' "$dir/smaps" 2>/dev/null)
  awk -v pid="${'$'}{dir#/proc/}" -v command="$(cat "$dir/comm")" -v ram="$ram" \
    '/^Rss:/ { rss = $2 } /^Pss:/ { pss = $2 } /^Anonymous:/ { anonymous = $2 } END { print pid "\t" command "\t" rss "\t" pss "\t" anonymous "\t" ram }' \
    "$dir/smaps_rollup" 2>/dev/null
done
true`;

/**
 * Reads the memory of every process of a pod, from within virt-handler's pod on its node, which sees all processes.
 * @param kubectl of QuickVirt's own namespace.
 */
export async function podMemory(
  kubectl: Kubectl,
  handlerPod: string,
  podUid: string,
  guestRamKiB: number,
): Promise<ProcessMemory[]> {
  const args = [
    'exec',
    handlerPod,
    '--',
    'sh',
    '-c',
    SCRIPT,
    'pod-memory',
    podUid,
    String(guestRamKiB),
    String(TCG_BUFFER_KIB),
  ];
  const output = await kubectl.run(args);
  return output
    .split('\n')
    .map((line) => line.split('\t'))
    .filter((fields) => fields.length === 6 && Number(fields[2]) > 0)
    .map(([pid, command = '', rss, pss, anonymous, ram]) => ({
      pid: Number(pid),
      command,
      rssKiB: Number(rss),
      pssKiB: Number(pss),
      anonymousKiB: Number(anonymous),
      guestPssKiB: command.startsWith('qemu') ? Number(ram) : 0,
    }));
}
