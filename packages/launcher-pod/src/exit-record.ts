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
}

/** The kubelet keeps 4096 bytes of a termination message (kubelet, MaxContainerTerminationMessageLength). */
const maxBytes = 4096;
const maxReasonChars = 128;
const maxMessageChars = 1024;

const bytesOf = (text: string): number => new TextEncoder().encode(text).length;

/** The record as text of at most 4096 bytes; log lines go first when it is too long, the oldest of them first. */
export function encodeExitRecord(record: ExitRecord): string {
  const bounded = {
    ...record,
    reason: record.reason.slice(0, maxReasonChars),
    message: record.message.slice(0, maxMessageChars),
  };
  for (let first = 0; first < record.lastLogLines.length; first++) {
    const text = JSON.stringify({ ...bounded, lastLogLines: record.lastLogLines.slice(first) });
    if (bytesOf(text) <= maxBytes) return text;
  }
  const text = JSON.stringify({ ...bounded, lastLogLines: [] });
  return bytesOf(text) <= maxBytes ? text : JSON.stringify({ ...bounded, message: '', lastLogLines: [] });
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
  const { version, phase, reason, message, lastLogLines } = value as Record<string, unknown>;
  if (version !== 1 || (phase !== 'Succeeded' && phase !== 'Failed')) return undefined;
  if (typeof reason !== 'string' || !/^[A-Za-z][A-Za-z0-9]{0,127}$/.test(reason)) return undefined;
  return {
    version,
    phase,
    reason,
    message: typeof message === 'string' ? message : '',
    lastLogLines: Array.isArray(lastLogLines)
      ? lastLogLines.filter((line): line is string => typeof line === 'string')
      : [],
  };
}
