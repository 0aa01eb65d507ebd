/** What a Temporal server made of activities that time out or fail, by the retry policy. */
export const uncancelled: Readonly<Record<string, string>> = {
  'scheduleToStart, nobody there, of one attempt':
    'ActivityFailure NON_RETRYABLE_FAILURE < TimeoutFailure SCHEDULE_TO_START',
  'scheduleToStart, nobody there, of two attempts':
    'ActivityFailure NON_RETRYABLE_FAILURE < TimeoutFailure SCHEDULE_TO_START',
  'scheduleToStart, nobody there, whose next attempt comes too late':
    'ActivityFailure NON_RETRYABLE_FAILURE < TimeoutFailure SCHEDULE_TO_START',
  'scheduleToClose, nobody there, of one attempt':
    'ActivityFailure NON_RETRYABLE_FAILURE < TimeoutFailure SCHEDULE_TO_START',
  'scheduleToClose, nobody there, of two attempts':
    'ActivityFailure NON_RETRYABLE_FAILURE < TimeoutFailure SCHEDULE_TO_START',
  'scheduleToClose, nobody there, whose next attempt comes too late':
    'ActivityFailure NON_RETRYABLE_FAILURE < TimeoutFailure SCHEDULE_TO_START',
  'scheduleToClose, of one attempt': 'ActivityFailure NON_RETRYABLE_FAILURE < TimeoutFailure SCHEDULE_TO_CLOSE',
  'scheduleToClose, of two attempts': 'ActivityFailure NON_RETRYABLE_FAILURE < TimeoutFailure SCHEDULE_TO_CLOSE',
  'scheduleToClose, whose next attempt comes too late':
    'ActivityFailure NON_RETRYABLE_FAILURE < TimeoutFailure SCHEDULE_TO_CLOSE',
  'startToClose, of one attempt': 'ActivityFailure MAXIMUM_ATTEMPTS_REACHED < TimeoutFailure START_TO_CLOSE',
  'startToClose, of two attempts': 'ActivityFailure MAXIMUM_ATTEMPTS_REACHED < TimeoutFailure START_TO_CLOSE',
  'startToClose, whose next attempt comes too late': 'ActivityFailure TIMEOUT < TimeoutFailure SCHEDULE_TO_CLOSE',
  'heartbeat, of one attempt': 'ActivityFailure MAXIMUM_ATTEMPTS_REACHED < TimeoutFailure HEARTBEAT',
  'heartbeat, of two attempts': 'ActivityFailure MAXIMUM_ATTEMPTS_REACHED < TimeoutFailure HEARTBEAT',
  'heartbeat, whose next attempt comes too late': 'ActivityFailure TIMEOUT < TimeoutFailure SCHEDULE_TO_CLOSE',
  'a failure, of one attempt': 'ActivityFailure MAXIMUM_ATTEMPTS_REACHED < ApplicationFailure Broken',
  'a failure, of two attempts': 'ActivityFailure MAXIMUM_ATTEMPTS_REACHED < ApplicationFailure Broken',
  'a failure, whose next attempt comes too late': 'ActivityFailure TIMEOUT < ApplicationFailure Broken',
  'a failure that says that it is final, of one attempt':
    'ActivityFailure NON_RETRYABLE_FAILURE < ApplicationFailure Broken',
  'a failure that says that it is final, of two attempts':
    'ActivityFailure NON_RETRYABLE_FAILURE < ApplicationFailure Broken',
  'a failure that says that it is final, whose next attempt comes too late':
    'ActivityFailure NON_RETRYABLE_FAILURE < ApplicationFailure Broken',
  'a failure that is listed as final, of one attempt':
    'ActivityFailure NON_RETRYABLE_FAILURE < ApplicationFailure Listed',
  'a failure that is listed as final, of two attempts':
    'ActivityFailure NON_RETRYABLE_FAILURE < ApplicationFailure Listed',
  'a failure that is listed as final, whose next attempt comes too late':
    'ActivityFailure NON_RETRYABLE_FAILURE < ApplicationFailure Listed',
};

/** What a Temporal server and the official worker made of activities that were cancelled, by the type of cancellation. */
export const cancelled: Readonly<Record<string, string>> = {
  'not begun, TRY_CANCEL': 'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
  'not begun, WAIT_CANCELLATION_COMPLETED': 'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
  'not begun, ABANDON': 'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
  'between attempts, TRY_CANCEL': 'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
  'between attempts, WAIT_CANCELLATION_COMPLETED': 'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
  'between attempts, ABANDON': 'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
  'running, heeds, of one attempt, TRY_CANCEL': 'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
  'running, heeds, of one attempt, WAIT_CANCELLATION_COMPLETED':
    'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
  'running, heeds, of one attempt, ABANDON': 'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
  'running, heeds, of two attempts, TRY_CANCEL': 'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
  'running, heeds, of two attempts, WAIT_CANCELLATION_COMPLETED':
    'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
  'running, heeds, of two attempts, ABANDON': 'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
  'running, completes, of one attempt, TRY_CANCEL': 'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
  'running, completes, of one attempt, WAIT_CANCELLATION_COMPLETED': 'result "done"',
  'running, completes, of one attempt, ABANDON': 'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
  'running, completes, of two attempts, TRY_CANCEL': 'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
  'running, completes, of two attempts, WAIT_CANCELLATION_COMPLETED': 'result "done"',
  'running, completes, of two attempts, ABANDON': 'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
  'running, breaks, of one attempt, TRY_CANCEL': 'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
  'running, breaks, of one attempt, WAIT_CANCELLATION_COMPLETED':
    'ActivityFailure CANCEL_REQUESTED < ApplicationFailure Broken',
  'running, breaks, of one attempt, ABANDON': 'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
  'running, breaks, of two attempts, TRY_CANCEL': 'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
  'running, breaks, of two attempts, WAIT_CANCELLATION_COMPLETED':
    'ActivityFailure CANCEL_REQUESTED < ApplicationFailure Broken',
  'running, breaks, of two attempts, ABANDON': 'cancelled: ActivityFailure CANCEL_REQUESTED < CancelledFailure',
};
