import tailwind from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [react(), tailwind()],
  // No inlined data: the Content-Security-Policy lets a page load its own files only.
  build: { target: "es2023", assetsInlineLimit: 0 },
});
