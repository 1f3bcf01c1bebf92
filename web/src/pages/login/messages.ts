import { messages } from "../../messages/language";

export const words = messages(
  {
    title: "Logga in",
    with: (provider: string) => `Fortsätt med ${provider}`,
    or: "eller med e-post och lösenord",
    wrong: "Adressen och lösenordet hör inte ihop, eller så är adressen inte bekräftad än.",
    basis: "Uppgifterna används för att logga in dig, ge dig rätt tjänster och kunna kontakta dig – inget annat. Grunden är avtalet om ditt konto, eller skolans avtal med oss.",
    stored: "Vad vi lagrar vid inloggning",
    newHere: "Ny här?",
    cookie: "När du loggar in sparas en nödvändig cookie, __Host-session, som håller dig inloggad.",
  },
  {
    title: "Logg inn",
    with: (provider) => `Fortsett med ${provider}`,
    or: "eller med e-post og passord",
    wrong: "Adressen og passordet hører ikke sammen, eller adressen er ikke bekreftet ennå.",
    basis: "Opplysningene brukes til å logge deg inn, gi deg riktige tjenester og kunne kontakte deg – ikke noe annet. Grunnlaget er avtalen om kontoen din, eller skolens avtale med oss.",
    stored: "Hva vi lagrer ved innlogging",
    newHere: "Ny her?",
    cookie: "Når du logger inn, lagres en nødvendig informasjonskapsel, __Host-session, som holder deg innlogget.",
  },
  {
    title: "Sign in",
    with: (provider) => `Continue with ${provider}`,
    or: "or with e-mail and password",
    wrong: "The address and the password do not belong together, or the address has not been confirmed yet.",
    basis: "The data is used to sign you in, to give you the right services and to be able to contact you – nothing else. The basis is the agreement about your account, or your school's agreement with us.",
    stored: "What we store when you sign in",
    newHere: "New here?",
    cookie: "When you sign in, one necessary cookie, __Host-session, is stored to keep you signed in.",
  },
);
