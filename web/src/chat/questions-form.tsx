import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState, type ReactNode } from "react";
import type { AnswerRequest, Question, Request } from "../../../src/contracts/request.ts";
import { api } from "../api/client.ts";
import { RefusalNotice } from "../plan/refusal-notice.tsx";
import { requestKey } from "../plan/use-plan.ts";
import { Button } from "../ui/button.tsx";
import { Field, Input } from "../ui/field.tsx";
import { Icon } from "../ui/icon.tsx";
import {
  answerWords,
  decideAnswers,
  inputOf,
  mayKeep,
  openQuestions,
  type AnswerInput,
  type Answers,
} from "./answers.ts";

/** What only a person can decide before there can be a plan; all open questions are answered together. */
export function QuestionsForm({ request }: { readonly request: Request }): ReactNode {
  const client = useQueryClient();
  const [answers, setAnswers] = useState<Answers>({});
  const send = useMutation({
    mutationFn: (body: AnswerRequest) => api.post<Request>(`/requests/${request.id}/answer`, body),
    onSuccess: (answered) => client.setQueryData(requestKey(request.id), answered),
    onError: () => client.invalidateQueries({ queryKey: requestKey(request.id) }),
  });
  const open = openQuestions(request.questions);
  const decision = decideAnswers(request.questions, answers);
  if (open.length === 0) return null;
  return (
    <form
      aria-label="Questions before there can be a plan"
      className="flex flex-col gap-4 rounded-lg border border-line bg-surface p-4"
      onSubmit={(event) => {
        event.preventDefault();
        if (decision.kind === "ready" && !send.isPending) send.mutate(decision.body);
      }}
    >
      <p className="flex items-center gap-2 font-semibold">
        <Icon name="question" className="text-warn" />
        {open.length === 1 ? "One question" : `${open.length} questions`} before there can be a plan
      </p>
      {open.map((question) => (
        <QuestionField
          key={question.id}
          question={question}
          input={inputOf(answers, question)}
          onChange={(input) => setAnswers((before) => ({ ...before, [question.id]: input }))}
        />
      ))}
      <RefusalNotice error={send.error} />
      <div className="flex flex-wrap items-center gap-2">
        <Button type="submit" variant="primary" busy={send.isPending} disabled={decision.kind === "missing"}>
          {open.length === 1 ? "Answer" : "Answer all"}
        </Button>
        {decision.kind === "missing" && open.length > 1 ? (
          <span className="text-sm text-muted">{decision.questions.length} still open</span>
        ) : null}
      </div>
    </form>
  );
}

interface QuestionFieldProps {
  readonly question: Question;
  readonly input: AnswerInput;
  readonly onChange: (input: AnswerInput) => void;
}

function QuestionField({ question, input, onChange }: QuestionFieldProps): ReactNode {
  const name = useId();
  if (question.options.length === 0) {
    return (
      <Field label={question.text}>
        {(ids) => (
          <Input
            {...ids}
            value={input.text}
            maxLength={2_000}
            autoComplete="off"
            onChange={(event) => onChange({ choice: null, text: event.target.value })}
          />
        )}
      </Field>
    );
  }
  return (
    <fieldset className="min-w-0">
      <legend className="mb-1 text-sm font-medium wrap-anywhere">{question.text}</legend>
      <div className="flex flex-col gap-1">
        {question.options.map((option) => (
          <Choice
            key={option.value}
            name={name}
            label={option.label}
            checked={input.choice === option.value}
            onChoose={() => onChange({ ...input, choice: option.value })}
          />
        ))}
        {mayKeep(question, input.choice) ? (
          <label className="flex min-h-8 items-start gap-2 px-2 py-1 text-sm text-muted">
            <input
              type="checkbox"
              className="mt-0.5 size-4 shrink-0 accent-(--accent)"
              checked={input.always === true}
              onChange={(event) => onChange({ ...input, always: event.target.checked })}
            />
            <span className="min-w-0">Always take this one for these words, without asking</span>
          </label>
        ) : null}
        {question.free ? (
          <Field label="Something else" className="mt-1">
            {(ids) => (
              <Input
                {...ids}
                value={input.text}
                maxLength={2_000}
                autoComplete="off"
                onChange={(event) => onChange({ choice: null, text: event.target.value })}
              />
            )}
          </Field>
        ) : null}
      </div>
    </fieldset>
  );
}

interface ChoiceProps {
  readonly name: string;
  readonly label: string;
  readonly checked: boolean;
  readonly onChoose: () => void;
}

function Choice({ name, label, checked, onChoose }: ChoiceProps): ReactNode {
  return (
    <label className="flex min-h-8 items-start gap-2 rounded-md px-2 py-1 hover:bg-raised">
      <input
        type="radio"
        name={name}
        className="mt-1 size-4 shrink-0 accent-(--accent)"
        checked={checked}
        onChange={onChoose}
      />
      <span className="min-w-0 wrap-anywhere">{label}</span>
    </label>
  );
}

/** What was answered, for the thread. */
export function AnsweredQuestions({ request }: { readonly request: Request }): ReactNode {
  const answered = request.questions.filter((question) => question.answer !== null);
  if (answered.length === 0) return null;
  return (
    <dl className="flex flex-col gap-1 text-sm">
      {answered.map((question) => (
        <div key={question.id}>
          <dt className="text-muted wrap-anywhere">{question.text}</dt>
          <dd className="wrap-anywhere">
            <Icon name="check" className="mr-1 text-ok" />
            {answerWords(question)}
          </dd>
        </div>
      ))}
    </dl>
  );
}
