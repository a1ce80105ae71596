/** What tests and other commands of the repository need of the cluster tooling. */
export { withBuildLock } from './build-lock.ts';
export { cacheFolder, contentHash, Stamp } from './cache.ts';
export { command, CommandFailed, tryCommand } from './command.ts';
export { debianRoot } from './debian-root.ts';
export { engineEnvironment, findEngine, runEngine } from './engine.ts';
export {
  controlPlaneBinaries,
  pretendedNodesBinaries,
  type ControlPlaneBinaries,
  type PretendedNodesBinaries,
} from './go-programs.ts';
export { hasNodeDisk } from './node-disk.ts';
export { Progress } from './progress.ts';
export { hasImage, registryAnswers } from './registry.ts';
