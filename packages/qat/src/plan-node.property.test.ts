import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { findCards } from './cards.ts';
import type { NodeFacts, PciFunction } from './node-facts.ts';
import { emptyMemory, type NodeMemory } from './node-memory.ts';
import { describeStep, type Plan, type PlanStep } from './plan.ts';
import { planNode } from './plan-node.ts';
import { firstPurpose, predictFacts } from './predict.ts';
import type { QatSettings } from './settings.ts';
import { takeInventory } from './take-inventory.ts';
import { aCard, aNode, settingsOf } from './testing/facts.ts';

const maybe = <T>(...values: T[]) => fc.constantFrom<T | undefined>(undefined, ...values);

const kinds = [
  { vendorDevice: '8086:4940', vfDevice: '4941', driver: '4xxx', partDriver: '4xxxvf', hasServices: true, offset: 1 },
  { vendorDevice: '8086:37c8', vfDevice: '37c9', driver: 'c6xx', partDriver: 'c6xxvf', hasServices: false, offset: 8 },
  { vendorDevice: '8086:4948', vfDevice: '4949', driver: '6xxx', partDriver: '6xxxvf', hasServices: true, offset: 1 },
] as const;

const card = (pciAddress: string) =>
  fc
    .record({
      kind: fc.constantFrom(...kinds),
      hasDriver: fc.boolean(),
      state: fc.constantFrom('up' as const, 'up' as const, 'down' as const),
      services: fc.constantFrom('sym;asym', 'dc', 'sym;dc', 'dcc'),
      isOn: fc.boolean(),
      autoprobe: fc.boolean(),
      telemetryOn: maybe(true, false),
      parts: fc.array(
        fc.record({
          driver: maybe('vfio-pci', 'host', 'igb_uio', 'qat_vfio_pci'),
          driverOverride: maybe('vfio-pci', 'igb_uio'),
          hasGroup: fc.boolean(),
        }),
        { minLength: 4, maxLength: 4 },
      ),
    })
    .map(({ kind, hasDriver, state, services, isOn, autoprobe, telemetryOn, parts }): PciFunction[] =>
      aCard({
        pciAddress,
        vendorDevice: kind.vendorDevice,
        vfDevice: kind.vfDevice,
        offset: kind.offset,
        driver: hasDriver ? kind.driver : undefined,
        qat: kind.hasServices ? { state, configuredServices: services } : undefined,
        autoprobe,
        telemetryOn,
        numVfs: isOn ? 4 : 0,
        virtualFunctions: (index) => {
          const { driver, driverOverride, hasGroup } = parts[index]!;
          return {
            driver: driver === 'host' ? kind.partDriver : driver,
            driverOverride,
            ...(hasGroup ? {} : { iommuGroup: undefined }),
          };
        },
      }),
    );

const facts: fc.Arbitrary<NodeFacts> = fc
  .record({
    functions: fc.tuple(card('0000:6b:00.0'), card('0001:3d:00.0')).map((cards) => cards.flat()),
    iommuEnabled: fc.constantFrom(true, true, true, false),
    drivers: fc.subarray(['vfio-pci', 'qat_vfio_pci', '4xxxvf', 'c6xxvf']),
    denylistDisabled: fc.boolean(),
    foreignPlugins: fc.constantFrom([], [], [], ['qat.intel.com-generic.sock']),
  })
  .map(({ functions, denylistDisabled, ...rest }) =>
    aNode(functions, {
      ...rest,
      vfioDenylistDisabled: rest.drivers.includes('vfio-pci') ? denylistDisabled : undefined,
    }),
  );

const settings: fc.Arbitrary<QatSettings> = fc
  .record({
    driver: maybe('vfio-pci' as const, 'qat_vfio_pci' as const),
    denylistConsent: fc.subarray(['c62x']),
    loadModules: fc.boolean(),
    rules: fc.array(
      fc.record({
        families: maybe(['4xxx'], ['c62x'], ['6xxx']),
        services: maybe(['sym' as const, 'dc' as const], ['dcc' as const], ['asym' as const]),
        managed: fc.constantFrom(true, true, false),
      }),
      { maxLength: 2 },
    ),
  })
  .map(({ rules, ...rest }) => settingsOf({ qat: { ...rest, physicalFunctions: rules } }));

const machine = fc.record({ facts, settings }).chain(({ facts: now, settings: wanted }) =>
  fc.record({
    facts: fc.constant(now),
    settings: fc.constant(wanted),
    allocated: fc.oneof(
      fc.constant<string[]>([]),
      fc.subarray(findCards(now, wanted).virtual.map(({ device }) => device.pciAddress)),
    ),
  }),
);

const memoryOf = (allocated: readonly string[]): NodeMemory => ({ ...emptyMemory, allocated: new Set(allocated) });

/** What a card's memory is after a step. */
function remembered(memory: NodeMemory, step: PlanStep): NodeMemory {
  if (step.kind !== 'remember-reconfiguring') return memory;
  const others = [...memory.reconfiguring].filter((address) => address !== step.pciAddress);
  return { ...memory, reconfiguring: new Set(step.reconfiguring ? [...others, step.pciAddress] : others) };
}

interface World {
  facts: NodeFacts;
  memory: NodeMemory;
}

function after({ facts: now, memory }: World, steps: readonly PlanStep[]): World {
  return { facts: predictFacts(now, steps), memory: steps.reduce(remembered, memory) };
}

/** Plans and does until nothing is left, as virt-handler does; and all plans on the way. */
function settled(start: World, wanted: QatSettings): World & { plans: Plan[] } {
  let world = start;
  const done: Plan[] = [];
  for (let round = 0; round < 10; round += 1) {
    const plans = firstPurpose(planNode(world.facts, wanted, world.memory));
    if (plans.length === 0) return { ...world, plans: done };
    done.push(...plans);
    world = after(
      world,
      plans.flatMap(({ steps }) => steps),
    );
  }
  throw new Error(`does not settle: ${done.flatMap(({ steps }) => steps.map(describeStep)).join('; ')}`);
}

/** What matters of a node; groups of new virtual functions are guesses. */
const essence = ({ facts: now, memory }: World) => ({
  reconfiguring: [...memory.reconfiguring],
  drivers: now.drivers,
  functions: now.functions.map(({ pciAddress, driver, qat, sriov }) => [pciAddress, driver, qat, sriov?.numVfs]),
});

describe('whatever a node has, and whatever is asked for', () => {
  test('no plan touches a function that a pod holds, nor its card', () => {
    fc.assert(
      fc.property(machine, ({ facts: now, settings: wanted, allocated }) => {
        const { plans } = settled({ facts: now, memory: memoryOf(allocated) }, wanted);
        const owners = now.functions.filter(({ pciAddress }) => allocated.includes(pciAddress));
        const untouchable = new Set([...allocated, ...owners.map(({ physicalFunction }) => physicalFunction)]);
        for (const { steps } of plans) {
          for (const step of steps) {
            if (step.kind !== 'write') continue;
            const named = [step.value, ...step.path.split('/')];
            expect(named.filter((name) => untouchable.has(name))).toEqual([]);
          }
        }
      }),
      { numRuns: 400 },
    );
  });

  test('plans end, and what they lead to needs none', () => {
    fc.assert(
      fc.property(machine, ({ facts: now, settings: wanted, allocated }) => {
        const world = settled({ facts: now, memory: memoryOf(allocated) }, wanted);
        expect(planNode(world.facts, wanted, world.memory)).toEqual([]);
      }),
      { numRuns: 400 },
    );
  });

  test('a crash between any two steps is repaired by the next run', () => {
    fc.assert(
      fc.property(machine, fc.nat({ max: 40 }), ({ facts: now, settings: wanted, allocated }, crashAfter) => {
        const start = { facts: now, memory: memoryOf(allocated) };
        const whole = settled(start, wanted);
        const steps = whole.plans.flatMap((plan) => plan.steps).slice(0, crashAfter);
        expect(essence(settled(after(start, steps), wanted))).toEqual(essence(whole));
      }),
      { numRuns: 400 },
    );
  });

  test('nothing is written to what is not ours, and nothing offered of what has an error', () => {
    fc.assert(
      fc.property(machine, ({ facts: now, settings: wanted, allocated }) => {
        const { physical, virtual } = findCards(now, wanted);
        const alone = new Set(
          [...physical, ...virtual]
            .filter(({ wanted: { managed } }) => !managed)
            .map(({ device }) => device.pciAddress),
        );
        const world = settled({ facts: now, memory: memoryOf(allocated) }, wanted);
        for (const { subject } of world.plans) expect(alone.has(subject)).toBe(false);
        for (const part of takeInventory(world.facts, wanted, world.memory).virtualFunctions) {
          if (!part.usable) continue;
          expect(alone.has(part.pciAddress)).toBe(false);
          expect(part.driver).toMatch(/vfio/);
          expect(part.iommuGroup).toBeDefined();
          expect(part.findings.filter(({ severity }) => severity === 'error')).toEqual([]);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('what is not usable says why', () => {
    fc.assert(
      fc.property(machine, ({ facts: now, settings: wanted, allocated }) => {
        const inventory = takeInventory(now, wanted, memoryOf(allocated));
        for (const part of inventory.virtualFunctions) {
          const { managed } = findCards(now, wanted).virtual.find(
            ({ device }) => device.pciAddress === part.pciAddress,
          )!.wanted;
          if (managed && !part.usable) expect(part.findings).not.toEqual([]);
        }
        expect(JSON.parse(JSON.stringify(inventory))).toEqual(inventory);
      }),
      { numRuns: 200 },
    );
  });
});
