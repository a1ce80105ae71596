import { systemClock, type Clock } from '@quickvirt/kube';
import {
  acknowledgeErrors,
  classifyFailure,
  firstPurpose,
  knownFamilies,
  familyOf,
  planNode,
  takeInventory,
  takesAway,
  type NodeFacts,
  type NodeMemory,
  type PciAddress,
  type PciFunction,
  type Plan,
  type QatInventory,
  type QatSettings,
} from '@quickvirt/qat';
import type { Allocations } from './allocations.ts';
import { gatherFacts, type FactSources } from './gather-facts.ts';
import { PlanFailures } from './plan-failures.ts';
import { runPlan, type PlanPorts } from './run-plan.ts';

export interface PciInventoryOptions extends PlanPorts {
  readonly sources: FactSources;
  readonly allocations: Allocations;
  /** What is asked for, as it is now. */
  readonly settings: () => QatSettings;
  /** Whether somebody has the IOMMU group open, whatever is recorded. */
  readonly isGroupOpen: (iommuGroup: number) => Promise<boolean>;
  /** Makes sysfs writable and debugfs readable for this process; tried once, when there is a card. */
  readonly prepareFilesystems?: () => Promise<void>;
  /** sysfs tells nobody of links and counters: how often it is looked at. */
  readonly pollMs?: number;
  readonly clock?: Clock;
}

const POLL_MS = 5000;
/** Modules, cards, virtual functions, and once more for what the first look could not know. */
const MAX_ROUNDS = 8;

/**
 * What the node's PCI bus holds, brought to the wanted state and kept up to date: looks at sysfs, runs the plans of
 * `@quickvirt/qat`, looks again. Nothing is changed but with the kubelet's word that no pod holds it.
 */
export class PciInventory {
  readonly #options: PciInventoryOptions;
  readonly #clock: Clock;
  readonly #failures = new PlanFailures();
  readonly #listeners = new Set<() => void>();
  readonly #scanned = Promise.withResolvers<void>();
  #facts: NodeFacts = {
    functions: [],
    iommuEnabled: false,
    drivers: [],
    foreignPlugins: [],
    vfioNodes: [],
  };
  #inventory: QatInventory = { physicalFunctions: [], virtualFunctions: [], findings: [] };
  #byAddress: ReadonlyMap<PciAddress, PciFunction> = new Map();
  #told = '';
  #isPrepared = false;
  #kubeletProblem: string | undefined;
  #wake = Promise.withResolvers<void>();

  constructor(options: PciInventoryOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  facts(): NodeFacts {
    return this.#facts;
  }

  inventory(): QatInventory {
    return this.#inventory;
  }

  functionByAddress(pciAddress: PciAddress): PciFunction | undefined {
    return this.#byAddress.get(pciAddress);
  }

  /** Calls back when facts or inventory differ. Returns what ends it. */
  onChange(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Resolves after the first look. */
  scanned(): Promise<void> {
    return this.#scanned.promise;
  }

  /** Looks again soon: to be called when the configuration, the node's labels, `/dev/vfio` or an allocation changed. */
  rescan(): void {
    this.#wake.resolve();
  }

  /** Looks, acts and follows until aborted. */
  async run(signal: AbortSignal): Promise<void> {
    const { pollMs = POLL_MS, allocations, logger } = this.#options;
    const wake = () => this.rescan();
    signal.addEventListener('abort', wake, { once: true });
    const endOfHolds = allocations.onChange(wake);
    while (!signal.aborted) {
      this.#wake = Promise.withResolvers<void>();
      try {
        await this.#settle(signal);
      } catch (error) {
        logger.warn("cannot look at the node's PCI bus", { error });
      }
      this.#scanned.resolve();
      if (signal.aborted) break;
      const cancel = this.#clock.after(pollMs, wake);
      await this.#wake.promise;
      cancel();
    }
    endOfHolds();
    signal.removeEventListener('abort', wake);
  }

  /** Looks and acts until nothing is left to do, or nothing more can be done now. */
  async #settle(signal: AbortSignal): Promise<void> {
    const { allocations } = this.#options;
    if (allocations.held().size > 0) await this.#askKubelet(() => allocations.refresh());
    for (let round = 0; round < MAX_ROUNDS && !signal.aborted; round += 1) {
      const facts = await this.#look();
      if (this.#plansToTry(facts, allocations.held()).length === 0) break;
      const hasActed = await this.#askKubelet(() => allocations.whileSettled((held) => this.#act(held, signal)));
      if (!hasActed) break;
    }
    this.#publish();
  }

  async #look(): Promise<NodeFacts> {
    const { sources, settings, checkpoint, logger } = this.#options;
    if (await this.#isOfNoInterest()) return this.#facts;
    let facts = await gatherFacts(sources);
    const families = knownFamilies(settings().config.extraDevices);
    const cards = facts.functions.filter((device) => familyOf(device, families)?.role === 'physical');
    if (cards.length > 0 && !this.#isPrepared) {
      this.#isPrepared = true;
      await this.#options.prepareFilesystems?.().catch((error: unknown) => {
        logger.warn('cards cannot be changed, or tell no heartbeat: sysfs or debugfs cannot be mounted', { error });
      });
      facts = await gatherFacts(sources);
    }
    await checkpoint.update((state) => ({ ...state, acknowledged: acknowledgeErrors(state.acknowledged, cards) }));
    this.#facts = facts;
    this.#byAddress = new Map(facts.functions.map((device) => [device.pciAddress, device]));
    return facts;
  }

  /** Whether nothing of what is known is a card or permitted to guests, and nothing came or went: one listing tells. */
  async #isOfNoInterest(): Promise<boolean> {
    const { functions } = this.#facts;
    const { config, pciHostDevices } = this.#options.settings();
    const families = knownFamilies(config.extraDevices);
    const permitted = new Set(pciHostDevices.map(({ pciVendorSelector }) => pciVendorSelector.toLowerCase()));
    if (functions.some((device) => permitted.has(device.vendorDevice) || familyOf(device, families))) return false;
    const names = await this.#options.sysfs.list('bus/pci/devices');
    return names.length === functions.length && names.every((name) => this.#byAddress.has(name));
  }

  #memory(held: ReadonlySet<PciAddress>): NodeMemory {
    const { acknowledged, reconfiguring } = this.#options.checkpoint.state;
    return {
      allocated: held,
      acknowledged,
      reconfiguring: new Set(reconfiguring),
      failures: this.#failures.findings(),
    };
  }

  #plansToTry(facts: NodeFacts, held: ReadonlySet<PciAddress>): readonly Plan[] {
    const plans = planNode(facts, this.#options.settings(), this.#memory(held));
    this.#failures.keepOnly(plans);
    const nowMs = this.#clock.monotonicMs();
    return firstPurpose(plans.filter((plan) => this.#failures.mayTry(plan, facts, nowMs)));
  }

  /** Runs the plans of one purpose. Whether there were any. Nothing is allocated meanwhile. */
  async #act(held: ReadonlySet<PciAddress>, signal: AbortSignal): Promise<boolean> {
    const facts = await this.#look();
    const inUse = await this.#withOpenGroups(facts, held);
    const plans = this.#plansToTry(facts, inUse);
    for (const plan of plans) {
      if (signal.aborted) return false;
      const failure = await runPlan(plan, this.#options);
      if (!failure) {
        this.#failures.succeeded(plan);
        continue;
      }
      const finding = classifyFailure(plan, failure, facts);
      this.#failures.failed(plan, finding, facts, this.#clock.monotonicMs());
      this.#options.logger.warn('QAT: a step failed', { finding, detail: failure.detail });
    }
    return plans.length > 0;
  }

  /** What is held, and what of the rest somebody has open although nobody recorded it: asked only before it matters. */
  async #withOpenGroups(facts: NodeFacts, held: ReadonlySet<PciAddress>): Promise<ReadonlySet<PciAddress>> {
    const touched = new Set(
      this.#plansToTry(facts, held)
        .filter(takesAway)
        .flatMap(({ touches }) => touches),
    );
    const candidates = facts.functions.filter(({ pciAddress }) => touched.has(pciAddress));
    const open = await Promise.all(
      candidates.map(async ({ pciAddress, iommuGroup }) =>
        iommuGroup !== undefined &&
        facts.vfioNodes.includes(String(iommuGroup)) &&
        (await this.#options.isGroupOpen(iommuGroup))
          ? [pciAddress]
          : [],
      ),
    );
    return new Set([...held, ...open.flat()]);
  }

  /** Undefined, and said once, when the kubelet does not answer: then nothing is changed. */
  async #askKubelet<T>(ask: () => Promise<T>): Promise<T | undefined> {
    try {
      const answer = await ask();
      this.#kubeletProblem = undefined;
      return answer;
    } catch (error) {
      const problem = (error as Error).message;
      if (problem !== this.#kubeletProblem) {
        this.#options.logger.warn('no PCI device is changed: it is not sure which ones pods hold', { error });
      }
      this.#kubeletProblem = problem;
      return undefined;
    }
  }

  #publish(): void {
    const held = this.#options.allocations.held();
    this.#inventory = takeInventory(this.#facts, this.#options.settings(), this.#memory(held));
    // Counters of a heartbeat rise with each look: they alone are no news.
    const news = JSON.stringify([this.#facts, this.#inventory], (key, value: unknown) =>
      key === 'heartbeat' || key === 'telemetry' ? undefined : value,
    );
    if (news === this.#told) return;
    this.#told = news;
    for (const listener of this.#listeners) listener();
  }
}
