"use client";
import { useEffect } from "react";
import { digit } from "./digit.js";

export default function Page() {
  useEffect(() => {
    digit().then(
      (found) => {
        document.body.textContent = found;
        document.title = "done";
      },
      (error) => {
        document.body.textContent = String(error);
        document.title = "failed";
      },
    );
  }, []);
  return null;
}
