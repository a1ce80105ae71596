import { settle } from '@quickvirt/testing';

/**
 * Bytes of a Node process's heap that are in use after a collection of all garbage, through Node's inspector. The
 * process opens it on SIGUSR1, as every Node process does; `--inspect-port` only says where.
 * @throws Error when the inspector does not open or does not answer
 */
export async function heapBytesInUse(pid: number, inspectPort: number): Promise<number> {
  process.kill(pid, 'SIGUSR1');
  let url = '';
  await settle(
    async () => {
      const targets = (await (await fetch(`http://127.0.0.1:${inspectPort}/json/list`)).json()) as {
        webSocketDebuggerUrl: string;
      }[];
      url = targets[0]?.webSocketDebuggerUrl ?? '';
      if (!url) throw new Error(`the inspector of process ${pid} names no target`);
    },
    { timeoutMs: 10_000, intervalMs: 50 },
  );
  const socket = new WebSocket(url);
  try {
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => resolve(), { once: true });
      socket.addEventListener('error', () => reject(new Error(`no connection to ${url}`)), { once: true });
    });
    await call(socket, 1, 'HeapProfiler.collectGarbage');
    const { usedSize, embedderHeapUsedSize = 0 } = (await call(socket, 2, 'Runtime.getHeapUsage')) as {
      usedSize: number;
      embedderHeapUsedSize?: number;
    };
    return usedSize + embedderHeapUsedSize;
  } finally {
    socket.close();
  }
}

/** One call of the Chrome DevTools Protocol. */
function call(socket: WebSocket, id: number, method: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    socket.addEventListener('message', ({ data }) => {
      const answer = JSON.parse(String(data)) as { id?: number; result?: unknown; error?: { message: string } };
      if (answer.id !== id) return;
      if (answer.error) reject(new Error(`${method}: ${answer.error.message}`));
      else resolve(answer.result);
    });
    socket.send(JSON.stringify({ id, method }));
  });
}
