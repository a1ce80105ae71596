import { open } from 'node:fs/promises';

/**
 * The last lines of libvirt's log of a domain, without empty ones and QEMU's command line; none when the file is not there. Reads at most `maxBytes` from its end,
 * so that a long log costs nothing; a first line that was cut is left out.
 */
export async function lastLines(path: string, maxLines: number, maxBytes = 8_192): Promise<string[]> {
  const file = await open(path, 'r').catch(() => undefined);
  if (!file) return [];
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - maxBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(size, maxBytes)), { position: start });
    const lines = buffer.toString('utf8', 0, bytesRead).split('\n');
    if (start > 0) lines.shift();
    return lines.filter((line) => line.trim() !== '' && !isCommandLine(line)).slice(-maxLines);
  } finally {
    await file.close();
  }
}

/** libvirt writes environment and arguments one a line, continued with a backslash; the last argument begins with "-". */
function isCommandLine(line: string): boolean {
  return line.endsWith(' \\') || line.startsWith('-');
}
