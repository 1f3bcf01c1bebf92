/** Words that several account pages share. */
import { messages } from "./language";

export const accountWords = messages(
  {
    email: "E-post",
    password: "Lösenord",
    newPassword: "Nytt lösenord",
    passwordAdvice: "Minst 15 tecken. En mening du minns duger bra; siffror och specialtecken behövs inte.",
    passwordShort: (length: number) => `Lösenordet har ${length} tecken. Det behöver minst 15.`,
    emailForm: "Skriv en hel e-postadress, som namn@skolan.se.",
    signIn: "Logga in",
    register: "Skapa konto",
    forgot: "Glömt lösenordet?",
  },
  {
    email: "E-post",
    password: "Passord",
    newPassword: "Nytt passord",
    passwordAdvice: "Minst 15 tegn. En setning du husker, duger godt; tall og spesialtegn trengs ikke.",
    passwordShort: (length) => `Passordet har ${length} tegn. Det trenger minst 15.`,
    emailForm: "Skriv en hel e-postadresse, som navn@skolen.no.",
    signIn: "Logg inn",
    register: "Opprett konto",
    forgot: "Glemt passordet?",
  },
  {
    email: "E-mail",
    password: "Password",
    newPassword: "New password",
    passwordAdvice: "At least 15 characters. A sentence you remember will do; digits and symbols are not needed.",
    passwordShort: (length) => `The password has ${length} characters. It needs at least 15.`,
    emailForm: "Write a whole e-mail address, such as name@school.org.",
    signIn: "Sign in",
    register: "Create an account",
    forgot: "Forgotten your password?",
  },
);

export const PASSWORD_MIN = 15;

export function looksLikeEmail(value: string): boolean {
  return /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(value.trim());
}
