import { describe, expect, test } from '@jest/globals';
import type { ApiService, ConfigMap } from '@quickvirt/kube';
import { decodeWithdrawal, encodeWithdrawal, fieldManagerOf, manifestOf } from './manifest.ts';
import { decideApiServices, WITHDRAWN_AFTER_MS, type ApiServicesObserved, type Withdrawal } from './withdrawal.ts';

const NOW = new Date('2026-11-21T12:00:00Z');
const ago = (ms: number): Date => new Date(NOW.getTime() - ms);
const HALF = WITHDRAWN_AFTER_MS / 2;

type Reach = 'available' | 'new' | Date;

function aService(version: string, reach: Reach, namespace = 'quickvirt'): ApiService {
  const condition =
    reach === 'available'
      ? { type: 'Available', status: 'True' }
      : { type: 'Available', status: 'False', message: 'no endpoints', lastTransitionTime: (reach as Date).toString() };
  if (reach instanceof Date) condition.lastTransitionTime = reach.toISOString();
  return {
    metadata: { name: `${version}.subresources.kubevirt.io`, uid: `uid-${version}`, labels: { of: 'helm' } },
    spec: {
      group: 'subresources.kubevirt.io',
      version,
      groupPriorityMinimum: 1000,
      versionPriority: 15,
      caBundle: 'b2xk',
      service: { name: 'virt-api', namespace, port: 443 },
    },
    ...(reach === 'new' ? {} : { status: { conditions: [condition] } }),
  } as ApiService;
}

const both = (reach: Reach) => [aService('v1', reach), aService('v1alpha3', reach)];
const record: ConfigMap = { metadata: { name: 'quickvirt-withdrawn-api-services', resourceVersion: '7' } };
const withdrawn = (at: Date, unreachableTimes = 0): Withdrawal => ({
  at,
  unreachableTimes,
  services: both('available').map(manifestOf),
});

/** As the controller would have seen it from the beginning. */
function outOfReachMs(registered: readonly ApiService[]): number | undefined {
  const since = registered.flatMap(({ spec, status }) => {
    const [condition] = status?.conditions ?? [];
    const isOurs = spec?.service?.namespace === 'quickvirt';
    return isOurs && condition?.status === 'False' ? [new Date(condition.lastTransitionTime ?? '').getTime()] : [];
  });
  return since.length > 0 ? NOW.getTime() - Math.min(...since) : undefined;
}

/** What is done, in one word each, and when it is looked at again. */
function decided(observed: Partial<ApiServicesObserved>, now = NOW): [done: string, againInMs: number | undefined] {
  const { registered = [] } = observed;
  const { effects, requeueAfterMs } = decideApiServices(
    {
      registered,
      outOfReachMs: outOfReachMs(registered),
      virtApiReady: false,
      withdrawal: undefined,
      record: observed.withdrawal && record,
      namespace: 'quickvirt',
      ...observed,
    },
    now,
  );
  return [effects.map(({ type }) => type).join(' '), requeueAfterMs];
}

const WITHDRAW = 'remember unregister unregister tell';

describe('the registration of the aggregated API', () => {
  test.each<[what: string, observed: Partial<ApiServicesObserved>, done: string, againInMs: number | undefined]>([
    ['all is well', { registered: both('available'), virtApiReady: true }, '', undefined],
    ['just installed', { registered: both('new') }, '', undefined],
    ['nothing is registered', {}, '', undefined],
    ['out of reach, not for long', { registered: both(ago(HALF)) }, '', HALF],
    ['out of reach for long', { registered: both(ago(WITHDRAWN_AFTER_MS)) }, WITHDRAW, undefined],
    [
      'one of the two is enough',
      { registered: [aService('v1', 'available'), aService('v1alpha3', ago(WITHDRAWN_AFTER_MS))] },
      WITHDRAW,
      undefined,
    ],
    [
      'ready, and out of reach all the same',
      { registered: both(ago(WITHDRAWN_AFTER_MS)), virtApiReady: true },
      WITHDRAW,
      undefined,
    ],
    ["another installation's", { registered: [aService('v1', ago(WITHDRAWN_AFTER_MS), 'kubevirt')] }, '', undefined],
    ['withdrawn, still away', { withdrawal: withdrawn(ago(HALF)) }, '', undefined],
    [
      'withdrawn, and Helm registers them again',
      { withdrawal: withdrawn(ago(HALF)), registered: both('new') },
      WITHDRAW,
      undefined,
    ],
    ['withdrawn, back', { withdrawal: withdrawn(ago(HALF)), virtApiReady: true }, 'register register', undefined],
    [
      'withdrawn, back, a crash after the first',
      { withdrawal: withdrawn(ago(HALF)), virtApiReady: true, registered: [aService('v1', 'available')] },
      'register',
      undefined,
    ],
    [
      'registered again, not seen yet',
      { withdrawal: withdrawn(ago(HALF)), virtApiReady: true, registered: both('new') },
      '',
      undefined,
    ],
    [
      'registered again, and it answers',
      { withdrawal: withdrawn(ago(HALF)), virtApiReady: true, registered: both('available') },
      'forget tell',
      undefined,
    ],
    [
      'a crash before the first was withdrawn, and it is back',
      { withdrawal: withdrawn(ago(1)), virtApiReady: true, registered: both(ago(1000)) },
      '',
      WITHDRAWN_AFTER_MS - 1000,
    ],
    [
      'ready but out of reach, first pause',
      { withdrawal: withdrawn(ago(1000), 1), virtApiReady: true },
      '',
      WITHDRAWN_AFTER_MS - 1000,
    ],
    [
      'a crash after the first was withdrawn for a pause',
      { withdrawal: withdrawn(ago(1000), 1), virtApiReady: true, registered: [aService('v1', ago(1000))] },
      'unregister',
      WITHDRAWN_AFTER_MS - 1000,
    ],
    ['third pause', { withdrawal: withdrawn(NOW, 3), virtApiReady: true }, '', 4 * WITHDRAWN_AFTER_MS],
    ['the pause ends somewhere', { withdrawal: withdrawn(NOW, 60), virtApiReady: true }, '', 600_000],
    [
      'the pause is over',
      { withdrawal: withdrawn(ago(WITHDRAWN_AFTER_MS), 1), virtApiReady: true },
      'register register',
      undefined,
    ],
    [
      'the clock was set back in the pause',
      { withdrawal: withdrawn(ago(-HALF * 100), 1), virtApiReady: true },
      '',
      WITHDRAWN_AFTER_MS,
    ],
  ])('%s', (_what, observed, done, againInMs) => {
    expect(decided(observed)).toEqual([done, againInMs]);
  });

  test('counts how often a virt-api that is ready was out of reach, and starts anew when none is ready', () => {
    const withdrawalOf = (observed: Partial<ApiServicesObserved>) =>
      decideApiServices(
        {
          registered: both(ago(WITHDRAWN_AFTER_MS)),
          outOfReachMs: WITHDRAWN_AFTER_MS,
          virtApiReady: true,
          record,
          namespace: 'quickvirt',
          withdrawal: undefined,
          ...observed,
        },
        NOW,
      ).effects.flatMap((effect) => (effect.type === 'remember' ? [effect.withdrawal.unreachableTimes] : []));
    expect(withdrawalOf({})).toEqual([1]);
    expect(withdrawalOf({ withdrawal: withdrawn(ago(HALF), 1) })).toEqual([2]);
    expect(withdrawalOf({ withdrawal: withdrawn(ago(HALF), 2), virtApiReady: false })).toEqual([0]);
    expect(withdrawalOf({ virtApiReady: false })).toEqual([0]);
  });

  test('remembers all it takes to register them as they were', () => {
    const service = aService('v1', ago(WITHDRAWN_AFTER_MS));
    service.metadata.annotations = { 'meta.helm.sh/release-name': 'quickvirt' };
    const { effects } = decideApiServices(
      {
        registered: [service],
        outOfReachMs: WITHDRAWN_AFTER_MS,
        virtApiReady: false,
        withdrawal: undefined,
        record: undefined,
        namespace: 'quickvirt',
      },
      NOW,
    );
    const remembered = effects.flatMap((effect) => (effect.type === 'remember' ? [effect.withdrawal] : []))[0];
    const { caBundle: _caBundle, ...spec } = service.spec ?? {};
    expect(remembered?.services).toEqual([
      {
        metadata: {
          name: 'v1.subresources.kubevirt.io',
          labels: { of: 'helm' },
          annotations: { 'meta.helm.sh/release-name': 'quickvirt' },
        },
        spec,
      },
    ]);
    const data = encodeWithdrawal(remembered as Withdrawal);
    expect(decodeWithdrawal({ metadata: {}, data })).toEqual(remembered);
    for (const broken of [
      undefined,
      { 'withdrawal.json': '' },
      { 'withdrawal.json': '{' },
      { 'withdrawal.json': '{"at":"x","services":[]}' },
    ] as const)
      expect(decodeWithdrawal(broken && { metadata: {}, data: broken })).toBeUndefined();
  });

  test('stays whose it is, by server-side apply', () => {
    const service = aService('v1', 'available');
    expect(fieldManagerOf(service)).toBe('virt-controller');
    service.metadata.managedFields = [
      { manager: 'kube-apiserver', operation: 'Apply', subresource: 'status' },
      { manager: 'kube-controller-manager', operation: 'Update' },
      { manager: 'helm', operation: 'Apply' },
    ];
    expect(fieldManagerOf(service)).toBe('helm');
  });

  test('of what Helm changed meanwhile, the newer form is remembered', () => {
    const changed = aService('v1', 'new');
    changed.metadata.labels = { of: 'the upgrade' };
    const { effects } = decideApiServices(
      {
        registered: [changed],
        outOfReachMs: undefined,
        virtApiReady: false,
        withdrawal: withdrawn(ago(HALF)),
        record,
        namespace: 'quickvirt',
      },
      NOW,
    );
    const [remember] = effects;
    expect(
      remember?.type === 'remember' && remember.withdrawal.services.map(({ metadata }) => metadata.labels),
    ).toEqual([{ of: 'the upgrade' }, { of: 'helm' }]);
  });
});
