/** The only door for authors of scenarios: everything that `scenario.ts` files may import. */
export {
  answersAgain,
  core,
  extended,
  fact,
  scenario,
  takesOver,
  type Bounds,
  type Declaration,
  type Scenario,
} from './scenario.ts';
export type { Finding, Stage, Target } from './play/stage.ts';
export type { Page, Session } from './play/visitors.ts';
export type { Meanings } from './play/objects.ts';
export type { ScenarioCluster } from './play/scenario-cluster.ts';
export { distribution, errorRate, exclusive, reaches, share } from './verdict/rules.ts';
