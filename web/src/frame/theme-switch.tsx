import { ToggleGroup } from "radix-ui";
import { useState, type ReactNode } from "react";
import { Icon, type IconName } from "../ui/icon.tsx";
import { applyTheme, parseTheme, readTheme, themes, type Theme } from "./theme.ts";

const looks: Readonly<Record<Theme, { icon: IconName; name: string }>> = {
  system: { icon: "half", name: "As the system" },
  light: { icon: "sun", name: "Light" },
  dark: { icon: "moon", name: "Dark" },
};

export function ThemeSwitch(): ReactNode {
  const [theme, setTheme] = useState(readTheme);
  const choose = (value: string): void => {
    if (value === "") return;
    const next = parseTheme(value);
    applyTheme(next);
    setTheme(next);
  };
  return (
    <ToggleGroup.Root
      type="single"
      value={theme}
      onValueChange={choose}
      aria-label="Colours"
      className="inline-flex rounded-md border border-line"
    >
      {themes.map((value) => (
        <ToggleGroup.Item
          key={value}
          value={value}
          aria-label={looks[value].name}
          title={looks[value].name}
          className="inline-flex size-8 items-center justify-center rounded-md text-muted hover:bg-raised data-[state=on]:bg-accent-soft data-[state=on]:text-accent"
        >
          <Icon name={looks[value].icon} />
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
