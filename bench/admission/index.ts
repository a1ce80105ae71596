/**
 * What admission costs: reviews a second and their percentiles, in process and over HTTPS, and what virt-api's memory
 * does meanwhile. Environment: BENCH_REVIEWS, how many go over HTTPS (20,000).
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:https';
import { cpus } from 'node:os';
import { clusterConfigFrom } from '@quickvirt/config';
import { answerReview, type AdmissionReview } from '../../apps/virt-api/src/admission/review.ts';
import { sampleReviews, type SampleReview } from './sample-review.ts';

const reviewsOverHttps = Number(process.env['BENCH_REVIEWS'] ?? 20_000);
const reviewsInProcess = 5_000;
/** Calls that the API server has open at once. */
const parallel = 8;
const context = {
  config: clusterConfigFrom(undefined),
  installNamespace: 'quickvirt',
  fresh: { uuid: '00000000-0000-4000-8000-000000000002', serial: '00000000-0000-4000-8000-000000000003' },
};

export async function run(): Promise<void> {
  console.log(`Node ${process.version}, ${cpus().length} CPUs, ${cpus()[0]?.model}`);
  const samples = sampleReviews();
  for (const sample of samples) console.log(`in process  ${line(sample.hook.path, measureInProcess(sample))}`);
  await measureOverHttps(samples);
}

interface Measured {
  perSecond: number;
  durationsMs: number[];
}

/** Parsing, judging and printing, as for a request. */
function measureInProcess({ hook, body }: SampleReview): Measured {
  const answer = (): string => JSON.stringify(answerReview(hook, JSON.parse(body) as AdmissionReview, context).answer);
  for (let warm = 0; warm < reviewsInProcess / 5; warm++) answer();
  const startedMs = performance.now();
  const durationsMs = Array.from({ length: reviewsInProcess }, () => {
    const beforeMs = performance.now();
    answer();
    return performance.now() - beforeMs;
  });
  return { perSecond: (reviewsInProcess / (performance.now() - startedMs)) * 1000, durationsMs };
}

async function measureOverHttps(samples: readonly SampleReview[]): Promise<void> {
  const server = fork(new URL('server.ts', import.meta.url), { stdio: 'inherit' });
  try {
    const { port } = await messageOf<{ port: number }>(server);
    const agent = new Agent({ keepAlive: true, maxSockets: parallel, rejectUnauthorized: false });
    await callAll(samples, port, agent, 2_000);
    const before = await rssBytes(server);
    const measured = await callAll(samples, port, agent, reviewsOverHttps);
    const after = await rssBytes(server);
    agent.destroy();
    console.log(`over HTTPS  ${line(`all of these, ${parallel} at once`, measured)}`);
    console.log(
      `memory of the server: ${mebibytes(before)} MiB before, ${mebibytes(after)} MiB after ${reviewsOverHttps} reviews`,
    );
  } finally {
    server.kill();
  }
}

async function callAll(samples: readonly SampleReview[], port: number, agent: Agent, count: number): Promise<Measured> {
  const durationsMs: number[] = [];
  let next = 0;
  const startedMs = performance.now();
  const caller = async (): Promise<void> => {
    while (next < count) {
      const sample = samples[next++ % samples.length];
      if (sample) durationsMs.push(await call(sample, port, agent));
    }
  };
  await Promise.all(Array.from({ length: parallel }, caller));
  return { perSecond: (count / (performance.now() - startedMs)) * 1000, durationsMs };
}

function call({ hook, body }: SampleReview, port: number, agent: Agent): Promise<number> {
  const beforeMs = performance.now();
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
    const options = { method: 'POST', host: '127.0.0.1', port, path: hook.path, agent, headers };
    const outgoing = request(options, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      response.on('end', () => {
        if (response.statusCode === 200 && text.includes('"allowed":true')) resolve(performance.now() - beforeMs);
        else reject(new Error(`${hook.path} answered ${response.statusCode}: ${text.slice(0, 500)}`));
      });
    });
    outgoing.on('error', reject).end(body);
  });
}

async function rssBytes(server: ChildProcess): Promise<number> {
  server.send('memory');
  return (await messageOf<{ rssBytes: number }>(server)).rssBytes;
}

async function messageOf<T>(child: ChildProcess): Promise<T> {
  const [message] = (await once(child, 'message')) as [T];
  return message;
}

function line(what: string, { perSecond, durationsMs }: Measured): string {
  const sorted = durationsMs.toSorted((a, b) => a - b);
  const at = (share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(3);
  return `${what}: ${Math.round(perSecond)} reviews/s, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`;
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 / 1024).toFixed(0);
}
