import { get } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TestCertificate } from '@quickvirt/testing';

/**
 * Serves a process's plain /metrics over HTTPS, which is all that the neutral harness reads.
 * @param port where the process serves it on the loopback address
 */
export async function startMetricsFront(
  port: number,
  certificate: Pick<TestCertificate, 'certificatePem' | 'keyPem'>,
): Promise<{ url: string; stop(): void }> {
  const server = createServer({ cert: certificate.certificatePem, key: certificate.keyPem }, (_request, response) => {
    get(`http://127.0.0.1:${port}/metrics`, (answer) => {
      response.writeHead(answer.statusCode ?? 502);
      answer.pipe(response);
    }).once('error', () => response.writeHead(502).end());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `https://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`,
    stop: () => server.close().closeAllConnections(),
  };
}
