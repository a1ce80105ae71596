/** How a guest ended, as the launcher leaves it in its container's termination message. */
export interface ExitRecord {
  version: 1;
  phase: 'Succeeded' | 'Failed';
  /** One CamelCase word, for example `GuestShutdown` or `QemuKilled`. */
  reason: string;
  /** One sentence. */
  message: string;
  /** Last lines of QEMU's log, oldest first. */
  lastLogLines: string[];
  /** Last lines of libvirt's log, oldest first. */
  libvirtLines?: string[];
  /** Last warnings and errors of the launcher's own log, oldest first. */
  launcherLines?: string[];
  /** What the guest printed last on its serial console, oldest first. */
  consoleLines?: string[];
}

/** The kubelet keeps 4096 bytes of a termination message (kubelet, MaxContainerTerminationMessageLength). */
const maxBytes = 4096;
const maxReasonChars = 128;
const maxMessageChars = 1024;

const LINES = ['lastLogLines', 'libvirtLines', 'launcherLines', 'consoleLines'] as const;
type Lines = Partial<Record<(typeof LINES)[number], string[]>>;

const encoder = new TextEncoder();
const bytesOf = (value: unknown): number => encoder.encode(JSON.stringify(value)).length;

/**
 * The record as text of at most 4096 bytes. Lines go first when it is too long: the oldest of whichever list is the
 * longest, so that every list keeps its last words.
 */
export function encodeExitRecord(record: ExitRecord): string {
  const { version, phase, reason, message } = record;
  const lists: Lines = Object.fromEntries(LINES.map((list) => [list, record[list]]));
  const bounded = {
    version,
    phase,
    reason: reason.slice(0, maxReasonChars),
    message: message.slice(0, maxMessageChars),
    lastLogLines: [],
  };
  const kept = withinBytes(lists, maxBytes - bytesOf(bounded));
  const text = JSON.stringify({ ...bounded, ...kept });
  return encoder.encode(text).length <= maxBytes ? text : JSON.stringify({ ...bounded, message: '' });
}

/** The lists without as many of their oldest lines as do not fit, each list a field of the same JSON object. */
function withinBytes(lists: Lines, maxListBytes: number): Lines {
  const sizes = LINES.map((list) => ({
    list,
    first: 0,
    lines: lists[list] ?? [],
    bytes: bytesOf({ [list]: lists[list] }),
  }));
  const total = () => sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  while (total() > maxListBytes) {
    const longest = sizes.toSorted((a, b) => b.bytes - a.bytes).find(({ first, lines }) => first < lines.length);
    if (!longest) break;
    longest.bytes -= bytesOf(longest.lines[longest.first]) + 1;
    longest.first++;
  }
  const kept = sizes.filter(({ list }) => lists[list] !== undefined);
  return Object.fromEntries(kept.map(({ list, first, lines }) => [list, lines.slice(first)]));
}

/** Reads what the kubelet reports. Undefined for anything else than a record: the pod is not to be trusted. */
export function parseExitRecord(text: string): ExitRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { version, phase, reason, message, ...rest } = value as Record<string, unknown>;
  if (version !== 1 || (phase !== 'Succeeded' && phase !== 'Failed')) return undefined;
  if (typeof reason !== 'string' || !/^[A-Za-z][A-Za-z0-9]{0,127}$/.test(reason)) return undefined;
  const lists = LINES.flatMap((list) => (Array.isArray(rest[list]) ? [[list, texts(rest[list])] as const] : []));
  return {
    version,
    phase,
    reason,
    message: typeof message === 'string' ? message : '',
    lastLogLines: [],
    ...Object.fromEntries(lists),
  };
}

function texts(list: readonly unknown[]): string[] {
  return list.filter((line): line is string => typeof line === 'string');
}
