import type { Scenario } from '../scenario.ts';
import { ordering } from './ordering.ts';
import { pauses } from './pause.ts';
import { continueAsNew } from './continue-as-new.ts';
import { workflowTasks } from './workflow-tasks.ts';
import { determinism } from './determinism.ts';
import { patches } from './patches.ts';
import { timers } from './timers.ts';
import { activities } from './activities.ts';
import { activityCancellation } from './activity-cancellation.ts';
import { activityMatrix } from './activity-matrix.ts';
import { activityTimeouts } from './activity-timeouts.ts';
import { asyncCompletion } from './async-completion.ts';
import { basics } from './basics.ts';
import { eager } from './eager.ts';
import { externalStorage } from './external-storage.ts';
import { failures } from './failures.ts';
import { scopes } from './scopes.ts';
import { start } from './start.ts';
import { signals } from './signals.ts';
import { queries } from './queries.ts';
import { updates } from './updates.ts';
import { updateWithStart } from './update-with-start.ts';
import { children } from './children.ts';
import { parentClose } from './parent-close.ts';
import { external } from './external.ts';
import { cancellation } from './cancellation.ts';
import { terminate } from './terminate.ts';
import { workflowTimeouts } from './workflow-timeouts.ts';
import { descriptions } from './descriptions.ts';
import { historyReads } from './history-reads.ts';
import { searchAttributes } from './search-attributes.ts';
import { visibility } from './visibility.ts';
import { interceptors } from './interceptors.ts';
import { localActivities } from './local-activities.ts';
import { absent } from './absent.ts';
import { limits } from './limits.ts';
import { commandLimits } from './command-limits.ts';
import { schedules } from './schedules.ts';
import { scheduleOverlaps } from './schedule-overlaps.ts';
import { cron } from './cron.ts';
import { resets } from './reset.ts';
import { priority } from './priority.ts';
import { taskQueues } from './task-queues.ts';
import { workerTuner } from './worker-tuner.ts';
import { shutdown } from './shutdown.ts';

/** Every scenario of the suite, by topic. */
export const scenarios: readonly Scenario[] = [
  ...activities,
  ...activityCancellation,
  ...activityTimeouts,
  ...activityMatrix,
  ...asyncCompletion,
  ...basics,
  ...eager,
  ...externalStorage,
  ...failures,
  ...scopes,
  ...start,
  ...timers,
  ...signals,
  ...queries,
  ...updates,
  ...updateWithStart,
  ...children,
  ...parentClose,
  ...external,
  ...cancellation,
  ...terminate,
  ...workflowTimeouts,
  ...descriptions,
  ...historyReads,
  ...visibility,
  ...searchAttributes,
  ...interceptors,
  ...localActivities,
  ...absent,
  ...patches,
  ...determinism,
  ...workflowTasks,
  ...continueAsNew,
  ...ordering,
  ...pauses,
  ...limits,
  ...commandLimits,
  ...schedules,
  ...scheduleOverlaps,
  ...cron,
  ...resets,
  ...shutdown,
  ...priority,
  ...taskQueues,
  ...workerTuner,
];
