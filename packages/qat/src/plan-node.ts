import { planBinding } from './binding-plan.ts';
import { findCards } from './cards.ts';
import { planModules } from './module-plan.ts';
import type { NodeFacts } from './node-facts.ts';
import type { NodeMemory } from './node-memory.ts';
import type { Plan } from './plan.ts';
import { planCard } from './provisioning-plan.ts';
import type { QatSettings } from './settings.ts';
import { planTelemetry } from './telemetry-plan.ts';
import { foreignPluginFinding } from './take-inventory.ts';

/**
 * All plans for a node: modules, then cards, then virtual functions that are there,
 * then counters. Empty when all is as wanted, so to
 * plan again after a restart costs reads only. Nothing is planned while another plugin owns the node's cards.
 */
export function planNode(facts: NodeFacts, settings: QatSettings, memory: NodeMemory): readonly Plan[] {
  if (foreignPluginFinding(facts, settings)?.severity === 'error') return [];
  const cards = findCards(facts, settings);
  return [
    ...planModules(cards, facts, settings),
    ...cards.physical.flatMap((card) => planCard(card, facts, settings, memory).plan ?? []),
    ...cards.virtual.flatMap((part) => planBinding(part, facts, settings, memory) ?? []),
    ...cards.physical.flatMap((card) => planTelemetry(card) ?? []),
  ];
}
