import { describe, expect, test } from '@jest/globals';
import { podmanSettings, type MachineFacts } from './engine.ts';

const ordinary: MachineFacts = { openFilesLimit: 1_048_576, canRaiseLimits: true, systemd: true, cgroupV2: true };

describe('podmanSettings', () => {
  test('ask for no more than kind needs on an ordinary machine', () => {
    expect(podmanSettings(ordinary)).toBe(
      '[containers]\nlog_driver = "k8s-file"\npids_limit = 0\n[engine]\nevents_logger = "file"\n',
    );
  });

  test.each([
    [
      { canRaiseLimits: false, openFilesLimit: 20_000 },
      'default_ulimits = ["nofile=20000:20000", "nproc=32768:32768"]',
    ],
    [{ systemd: false }, 'cgroup_manager = "cgroupfs"'],
    [{ cgroupV2: false }, 'runtime = "runc"'],
  ])('with %j say %s', (facts, line) => {
    expect(podmanSettings({ ...ordinary, ...facts }).split('\n')).toContain(line);
    expect(podmanSettings(ordinary)).not.toContain(line.split(' ')[0]);
  });
});
