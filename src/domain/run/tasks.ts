import type { AttemptModel, RunModel, TaskModel } from "./model.ts";

/** The task with its attempt of this number in another state. */
export function withAttempt(task: TaskModel, attempt: AttemptModel): TaskModel {
  return {
    ...task,
    attempts: task.attempts.map((each) => (each.number === attempt.number ? attempt : each)),
  };
}

/** The run with its task of this id in another state. */
export function replaceTask(model: RunModel, task: TaskModel): RunModel {
  return { ...model, tasks: model.tasks.map((each) => (each.id === task.id ? task : each)) };
}
