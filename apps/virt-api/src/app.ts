import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  admissionHooks,
  judgeWithFacts,
  type AdmissionHook,
  type FactReader,
  type Verdict,
} from '@quickvirt/admission';
import type { ClusterConfig } from '@quickvirt/config';
import type { HealthHandlers, Logger } from '@quickvirt/telemetry';
import express, { type ErrorRequestHandler, type Express, type Request, type Response } from 'express';
import { answerReview, reviewProblem, type AdmissionReview } from './admission/review.ts';
import { isOpenPath } from './authorization.ts';
import { assertDepth, BODY_LIMIT_BYTES, parseOptions } from './body.ts';
import {
  apiGroup,
  apiGroupList,
  apiResourceList,
  openApiV2,
  openApiV3,
  openApiV3Index,
  rootPaths,
  versionInfo,
} from './discovery.ts';
import { admitCall, type GateOptions } from './gate.ts';
import {
  badRequest,
  internalError,
  noSuchPath,
  RequestRefused,
  tooLarge,
  unauthorized,
  unsupportedMediaType,
  type FailureStatus,
} from './status.ts';
import { subresourceFamilies } from './subresources/families.ts';
import type { Outcome, SubresourceService } from './subresources/service.ts';
import { SUBRESOURCES_GROUP, SUBRESOURCES_VERSIONS } from './subresources/subresource-request.ts';

export interface AppOptions {
  config: () => ClusterConfig;
  /** Namespace that QuickVirt is installed in. */
  installNamespace: string;
  service: SubresourceService;
  /** Reads what rules ask of other objects. */
  readFact: FactReader;
  /** Notes that a VMI is to leave its node. */
  evacuate: (evacuation: NonNullable<Verdict['evacuation']>) => Promise<void>;
  gate: GateOptions;
  health: HealthHandlers;
  build: { gitCommit: string; buildDate: string };
  logger: Logger;
}

/** All of virt-api's plain HTTP: webhooks, discovery, health, and the subresources that are no streams. */
export function createApp(options: AppOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.use(express.raw({ type: () => true, limit: BODY_LIMIT_BYTES }));
  for (const hook of admissionHooks)
    app.post(hook.path, (request, response) => admit(hook, request, response, options));
  mountDiscovery(app, options);
  mountHealth(app, options.health);
  app.all(`/apis/${SUBRESOURCES_GROUP}/*splat`, (request, response) => serveSubresource(request, response, options));
  // Nothing else is open: who asks for a path that does not exist is told so only when it could be known to all.
  app.use((request: Request) => {
    throw new RequestRefused(
      isOpenPath(request.path) ? noSuchPath(request.path) : unauthorized('request is not authenticated'),
    );
  });
  app.use(errorHandler(options.logger));
  return app;
}

async function admit(hook: AdmissionHook, request: Request, response: Response, options: AppOptions): Promise<void> {
  const review = parseReview(request.body);
  const { config, installNamespace, readFact, evacuate } = options;
  const context = {
    config: config(),
    installNamespace,
    fresh: { uuid: randomUUID(), serial: randomUUID() },
  };
  const { answer, evacuation } = await judgeWithFacts(
    (facts) => answerReview(hook, review, { ...context, facts }),
    readFact,
  );
  if (evacuation) await evacuate(evacuation);
  response.json(answer);
}

function parseReview(body: unknown): AdmissionReview {
  const text = Buffer.isBuffer(body) ? body.toString('utf8') : '';
  let review: unknown;
  try {
    assertDepth(text);
    review = JSON.parse(text);
  } catch (cause) {
    throw new RequestRefused(badRequest(`the body is no JSON that can be read: ${(cause as Error).message}`), {
      cause,
    });
  }
  const problem = reviewProblem(review);
  if (problem) throw new RequestRefused(badRequest(problem));
  return review as AdmissionReview;
}

function mountDiscovery(app: Express, { build }: AppOptions): void {
  const json = (path: string, document: unknown): void => {
    app.get(path, (_request, response) => void response.json(document));
  };
  json('/', rootPaths());
  json('/apis', apiGroupList());
  json(`/apis/${SUBRESOURCES_GROUP}`, apiGroup());
  json('/openapi/v2', openApiV2());
  json('/openapi/v3', openApiV3Index());
  for (const version of SUBRESOURCES_VERSIONS) {
    const root = `/apis/${SUBRESOURCES_GROUP}/${version}`;
    json(root, apiResourceList(version, subresourceFamilies));
    json(`${root}/version`, versionInfo(build));
    json(`/openapi/v3/apis/${SUBRESOURCES_GROUP}/${version}`, openApiV3(version, subresourceFamilies));
  }
}

function mountHealth(app: Express, health: HealthHandlers): void {
  const mount = (
    path: string,
    handler: (request: IncomingMessage, response: ServerResponse) => Promise<void>,
  ): void => {
    app.get(path, (request, response) => handler(request, response));
  };
  mount('/healthz', health.healthz);
  mount('/readyz', health.readyz);
  mount('/metrics', health.metrics);
  for (const version of SUBRESOURCES_VERSIONS) mount(`/apis/${SUBRESOURCES_GROUP}/${version}/healthz`, health.healthz);
}

async function serveSubresource(request: Request, response: Response, options: AppOptions): Promise<void> {
  const { caller, path, family } = await admitCall(request, request.path, options.gate);
  if (family.requiresJson && !request.is('application/json')) {
    throw new RequestRefused(unsupportedMediaType('application/json'));
  }
  const url = new URL(request.originalUrl, 'https://virt-api');
  const body = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const outcome = await options.service.answer(family, { path, options: parseOptions(body), query: url.searchParams });
  options.logger.debug('answered a subresource request', {
    object: { kind: path.resource, namespace: path.namespace, name: path.name },
    subresource: path.subresource,
    user: caller.username,
    outcome: outcome.type,
  });
  send(response, outcome);
}

function send(response: Response, outcome: Outcome): void {
  switch (outcome.type) {
    case 'failure':
      sendStatus(response, outcome.status);
      return;
    case 'text':
      response.status(outcome.code).type('text/plain').send(outcome.text);
      return;
    case 'object':
      response.status(outcome.code).json(outcome.object);
      return;
    case 'done':
      response.status(outcome.code).end();
      return;
    case 'node-stream':
    case 'dial':
      sendStatus(
        response,
        badRequest('this subresource is a WebSocket: ask for an upgrade, subprotocol plain.kubevirt.io'),
      );
      return;
  }
}

function sendStatus(response: Response, status: FailureStatus): void {
  const { retryAfterSeconds } = status.details ?? {};
  if (retryAfterSeconds !== undefined) response.setHeader('retry-after', retryAfterSeconds);
  response.status(status.code).json(status);
}

/** Errors of express' body parser carry these (http-errors). */
interface BodyError {
  type?: string;
  status?: number;
  expose?: boolean;
  message?: string;
}

/** The Status that tells a client of an error; the cause of what is our own fault stays in the log. */
export function statusOf(error: unknown): FailureStatus {
  if (error instanceof RequestRefused) return error.status;
  const { type, status, expose, message } = (error ?? {}) as BodyError;
  if (type === 'entity.too.large') return tooLarge(BODY_LIMIT_BYTES);
  if (expose && status !== undefined && status >= 400 && status < 500) return badRequest(message ?? 'bad request');
  return internalError('virt-api failed on this request; its log says why');
}

function errorHandler(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    const status = statusOf(error);
    if (status.code >= 500)
      logger.error('cannot answer a request', { method: request.method, path: request.path, error });
    if (response.headersSent) response.destroy();
    else sendStatus(response, status);
  };
}
